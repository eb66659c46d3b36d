/** The realm's document: data, lookup by id, undo, and which turn of the host is running. */
import type { DocumentData, DocumentState, Geometry, Matrix, NodeData } from '../document.js';

interface Place {
  readonly node: NodeData;
  readonly parent: NodeData | null;
}

const identity: Matrix = [1, 0, 0, 1, 0, 0];
const mostUndo = 50;

function artboard(width: number, height: number): Geometry {
  return { kind: 'artboard', width, height };
}

/**
 * Holds pages of one artboard each, of which one is open. Views look nodes up by id, so data can be
 * swapped by undo.
 */
export class DocumentStore {
  pages: readonly NodeData[];
  private _open = 0;
  selection: readonly string[] = [];
  private _undoStack: string[] = [];
  private _redoStack: string[] = [];
  private _index = new Map<string, Place>();
  private _nextId = 1;
  /** Grows with every entry from the host; a node view belongs to the turn it was made in. */
  turn = 0;
  /** Above 0 while `keepContentActiveDuringAsync` holds content active. */
  kept = 0;
  private _recordedTurn = -1;
  isChanged = true;

  constructor(width: number, height: number) {
    this.pages = [this.make(artboard(width, height))];
    this._reindex();
  }

  /** The artboard of the open page. */
  get artboard(): NodeData {
    return this.pages[this._open];
  }

  /** Opens a page; the one after the last is made, of the same size. */
  openPage(index: number): void {
    if (index === this.pages.length) {
      const { width, height } = this.artboard.geometry as Extract<Geometry, { kind: 'artboard' }>;
      this.change(() => (this.pages = [...this.pages, this.make(artboard(width, height))]));
    }
    this._open = Math.min(Math.max(index, 0), this.pages.length - 1);
    this._reindex();
  }

  /** Deletes the open page, unless it is the only one. */
  deletePage(): void {
    if (this.pages.length === 1) return;
    const gone = this.artboard;
    this.change(() => (this.pages = this.pages.filter((page) => page !== gone)));
    this.openPage(Math.min(this._open, this.pages.length - 1));
  }

  make(geometry: Geometry, matrix: Matrix = identity, children: NodeData[] = []): NodeData {
    const id = `node-${this._nextId++}`;
    const base = { opacity: 1, isLocked: false, addOnData: {}, mask: null };
    return { id, geometry, matrix, children, ...base };
  }

  find(id: string): Place | undefined {
    return this._index.get(id);
  }

  /** Runs a change. All changes of one turn are one step of undo. */
  change(act: () => void): void {
    if (this._recordedTurn !== this.turn) {
      this._undoStack.push(JSON.stringify(this.pages));
      if (this._undoStack.length > mostUndo) this._undoStack.shift();
      this._redoStack.length = 0;
      this._recordedTurn = this.turn;
    }
    act();
    this._reindex();
  }

  select(ids: readonly string[]): void {
    this.selection = ids.filter((id) => this._index.has(id));
    this.isChanged = true;
  }

  undo(): void {
    this._step(this._undoStack, this._redoStack);
  }

  redo(): void {
    this._step(this._redoStack, this._undoStack);
  }

  forgetHistory(): void {
    this._undoStack.length = 0;
    this._redoStack.length = 0;
  }

  get canUndo(): boolean {
    return this._undoStack.length > 0;
  }

  get canRedo(): boolean {
    return this._redoStack.length > 0;
  }

  snapshot(): DocumentData {
    const { artboard, selection, pages, _open: open } = this;
    return { artboard, selection, pages: pages.length, page: open };
  }

  save(): DocumentState {
    const {
      pages,
      _open: open,
      selection,
      _undoStack: undo,
      _redoStack: redo,
      _nextId: nextId,
    } = this;
    return { pages, open, selection, undo, redo, nextId };
  }

  restore({ pages, open, selection, undo, redo, nextId }: DocumentState): void {
    this.pages = pages;
    this._open = open;
    this._nextId = nextId;
    this._undoStack = [...undo];
    this._redoStack = [...redo];
    this._reindex();
    this.select(selection);
  }

  private _step(from: string[], to: string[]): void {
    const earlier = from.pop();
    if (earlier === undefined) return;
    to.push(JSON.stringify(this.pages));
    this.pages = JSON.parse(earlier) as NodeData[];
    this._open = Math.min(this._open, this.pages.length - 1);
    this._reindex();
  }

  private _reindex(): void {
    this._index = new Map();
    const visit = (node: NodeData, parent: NodeData | null) => {
      this._index.set(node.id, { node, parent });
      if (node.mask) visit(node.mask, node);
      for (const child of node.children) visit(child, node);
    };
    visit(this.artboard, null);
    this.selection = this.selection.filter((id) => this._index.has(id));
    this.isChanged = true;
  }
}

export const store = new DocumentStore(640, 427);
