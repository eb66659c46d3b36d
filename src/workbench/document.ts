/** The workbench's document as plain data, shared by the realm that owns it and the page that draws it. */

/** Affine map in the order of canvas. */
export type Matrix = readonly [number, number, number, number, number, number];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a node is, with the data of its kind, in its local units. */
export type Geometry =
  | { kind: 'artboard'; width: number; height: number }
  | { kind: 'group' }
  | {
      kind: 'rectangle';
      width: number;
      height: number;
      radii: [number, number, number, number];
      /** Width of a stroke on the outline: it belongs to the bounds, not to the size. */
      stroke?: number;
    }
  | { kind: 'ellipse'; rx: number; ry: number; stroke?: number }
  | { kind: 'path'; path: string; fillRule: 'nonzero' | 'evenodd'; bounds: Box }
  | { kind: 'text'; width: number; height: number; text: string }
  /** Shows its `media` child clipped to its `mask` child. */
  | { kind: 'media' }
  | { kind: 'image'; width: number; height: number; bitmap: number };

/** A node of the tree, bottom to top. */
export interface NodeData {
  readonly id: string;
  geometry: Geometry;
  /** Local to parent. */
  matrix: Matrix;
  opacity: number;
  isLocked: boolean;
  /** Add-on data: private strings of the add-on. */
  addOnData: Record<string, string>;
  children: NodeData[];
  /** Groups only. */
  mask: NodeData | null;
}

export interface DocumentData {
  /** Of the open page. */
  readonly artboard: NodeData;
  readonly selection: readonly string[];
  /** How many pages there are, and which is open. */
  readonly pages: number;
  readonly page: number;
}

/** What the page's user does to the document. */
export type Command =
  | { kind: 'open'; bitmap: number; width: number; height: number }
  | { kind: 'addShape'; geometry: Geometry; matrix: Matrix; isSelected: boolean }
  | { kind: 'transform'; changes: readonly { id: string; matrix: Matrix }[] }
  | { kind: 'select'; ids: readonly string[] }
  | { kind: 'delete'; ids: readonly string[] }
  | { kind: 'opacity'; id: string; opacity: number }
  | { kind: 'lock'; id: string; isLocked: boolean }
  | { kind: 'move'; id: string; by: 1 | -1 }
  /** What someone else's document may hold. */
  | { kind: 'addOnData'; id: string; key: string; value: string }
  | { kind: 'group'; ids: readonly string[] }
  | { kind: 'crop'; id: string; box: Box }
  /** Opens a page; the one after the last is made. */
  | { kind: 'page'; index: number }
  | { kind: 'deletePage' }
  | { kind: 'undo' }
  | { kind: 'redo' };

/** A whole document with its history, to go on in another realm. */
export interface DocumentState {
  readonly pages: readonly NodeData[];
  readonly open: number;
  readonly selection: readonly string[];
  readonly undo: readonly string[];
  readonly redo: readonly string[];
  readonly nextId: number;
}

/** Sent from the page into the realm. */
export type ToRealm =
  | { kind: 'save' }
  | { kind: 'restore'; state: DocumentState }
  | { kind: 'call'; id: number; method: string; args: unknown[] }
  | { kind: 'reply'; id: number; value?: unknown; error?: string }
  | { kind: 'command'; command: Command };

/** Sent from the realm to the page. */
export type FromRealm =
  | { kind: 'saved'; state: DocumentState }
  | { kind: 'reply'; id: number; value?: unknown; error?: string }
  | { kind: 'callPanel'; id: number; method: string; args: unknown[] }
  | { kind: 'loadBitmap'; id: number; blob: unknown }
  | { kind: 'bitmapData'; id: number; bitmap: number }
  | { kind: 'document'; document: DocumentData; canUndo: boolean; canRedo: boolean };
