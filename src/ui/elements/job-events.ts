/** What the user asks of a job. */

export class CancelEvent extends Event {
  static readonly kind = 'repaint-cancel';

  constructor(readonly jobId: string) {
    super(CancelEvent.kind, { bubbles: true, composed: true });
  }
}

export class ResumeEvent extends Event {
  static readonly kind = 'repaint-resume';

  constructor(readonly jobId: string) {
    super(ResumeEvent.kind, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'repaint-cancel': CancelEvent;
    'repaint-resume': ResumeEvent;
  }
}
