/** What the user asks of the marking tools. */
import type { MarkTool } from '../marking/gesture.js';
import type { MarkMode } from '../marking/marks.js';

/** What is marked on the photo has changed. */
export class MarkedEvent extends Event {
  static readonly kind = 'repaint-marked';

  constructor() {
    super(MarkedEvent.kind, { bubbles: true, composed: true });
  }
}

export interface ToolSettings {
  readonly tool: MarkTool;
  readonly mode: MarkMode;
  /** Of the brush, photo pixels. */
  readonly radius: number;
}

export type MarkAction =
  | 'undo'
  | 'redo'
  | 'invert'
  | 'clear'
  | 'zoomIn'
  | 'zoomOut'
  | 'whole'
  | 'large';

export class ToolEvent extends Event {
  static readonly kind = 'repaint-tool';

  constructor(readonly change: Partial<ToolSettings>) {
    super(ToolEvent.kind, { bubbles: true, composed: true });
  }
}

export class MarkActionEvent extends Event {
  static readonly kind = 'repaint-mark-action';

  constructor(readonly action: MarkAction) {
    super(MarkActionEvent.kind, { bubbles: true, composed: true });
  }
}

/** Marks what an image file covers. */
export class LoadMaskEvent extends Event {
  static readonly kind = 'repaint-load-mask';

  constructor(readonly file: File) {
    super(LoadMaskEvent.kind, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'repaint-marked': MarkedEvent;
    'repaint-tool': ToolEvent;
    'repaint-mark-action': MarkActionEvent;
    'repaint-load-mask': LoadMaskEvent;
  }
}
