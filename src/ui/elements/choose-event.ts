/** The user has changed what is chosen. */
import type { Choices } from '../fill/choices.js';

export class ChooseEvent extends Event {
  static readonly kind = 'repaint-choose';

  constructor(readonly choices: Choices) {
    super(ChooseEvent.kind, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'repaint-choose': ChooseEvent;
  }
}
