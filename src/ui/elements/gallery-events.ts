/** What the user asks of the gallery. */
import type { GalleryFill } from '../gallery/fill-sets.js';

/** Show one fill of a region; null = the original. */
export class ShowEvent extends Event {
  static readonly kind = 'repaint-show';

  constructor(
    readonly regionId: string,
    readonly layerId: string | null,
  ) {
    super(ShowEvent.kind, { bubbles: true, composed: true });
  }
}

export class KeepEvent extends Event {
  static readonly kind = 'repaint-keep';

  constructor(
    readonly regionId: string,
    readonly layerId: string,
  ) {
    super(KeepEvent.kind, { bubbles: true, composed: true });
  }
}

export class DeleteEvent extends Event {
  static readonly kind = 'repaint-delete';

  constructor(
    readonly regionId: string,
    readonly layerId: string,
  ) {
    super(DeleteEvent.kind, { bubbles: true, composed: true });
  }
}

/** Fill the region again with new seeds. */
export class AgainEvent extends Event {
  static readonly kind = 'repaint-again';

  constructor() {
    super(AgainEvent.kind, { bubbles: true, composed: true });
  }
}

/** Make a fill a favourite, or one no more. */
export class StarEvent extends Event {
  static readonly kind = 'repaint-star';

  constructor(readonly fill: GalleryFill) {
    super(StarEvent.kind, { bubbles: true, composed: true });
  }
}

/** Fill the region again, starting from a fill of it; strength 0..1. */
export class MoreLikeEvent extends Event {
  static readonly kind = 'repaint-more-like';

  constructor(
    readonly fill: GalleryFill,
    readonly strength: number,
  ) {
    super(MoreLikeEvent.kind, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'repaint-show': ShowEvent;
    'repaint-keep': KeepEvent;
    'repaint-delete': DeleteEvent;
    'repaint-again': AgainEvent;
    'repaint-star': StarEvent;
    'repaint-more-like': MoreLikeEvent;
  }
}
