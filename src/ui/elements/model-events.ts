/** What the user asks of the models. */

/** Shows the models, or goes back to filling. */
export class ManageModelsEvent extends Event {
  static readonly kind = 'repaint-manage-models';

  constructor(readonly isOpen: boolean) {
    super(ManageModelsEvent.kind, { bubbles: true, composed: true });
  }
}

/** Fill with a model from now on; null is the one that comes with the add-on. */
export class UseModelEvent extends Event {
  static readonly kind = 'repaint-use-model';

  constructor(readonly modelId: string | null) {
    super(UseModelEvent.kind, { bubbles: true, composed: true });
  }
}

/** Forget a model, or what a download has brought so far. */
export class RemoveModelEvent extends Event {
  static readonly kind = 'repaint-remove-model';

  constructor(readonly id: string) {
    super(RemoveModelEvent.kind, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'repaint-manage-models': ManageModelsEvent;
    'repaint-use-model': UseModelEvent;
    'repaint-remove-model': RemoveModelEvent;
  }
}
