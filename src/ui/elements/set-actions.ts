/** What is done with a region's fills as a whole, and with the shapes that marked it. */
import { html, nothing } from 'lit';
import type { FillGallery } from '../gallery/fill-gallery.js';
import { clearable, triesOf, type FillSet, type GalleryFill } from '../gallery/fill-sets.js';
import { msg } from '../host/localisation.js';
import { smallButton } from './small-button.js';

/** Asks something of one region's fills. */
export class SetEvent extends Event {
  static readonly kind = 'repaint-set';

  constructor(readonly ask: (gallery: FillGallery) => Promise<void>) {
    super(SetEvent.kind, { bubbles: true, composed: true });
  }
}

function action(testId: string, label: string, ask: SetEvent['ask']) {
  return smallButton(testId, label, ({ target }) => target?.dispatchEvent(new SetEvent(ask)));
}

/** The shapes are gone where the user has deleted them. */
function markerActions({ regionId, markers }: FillSet, isMarked: boolean) {
  if (markers.length === 0) return nothing;
  const isSeen = markers.some(({ isVisible }) => isVisible);
  const label = isSeen ? msg('Hide marker') : msg('Show marker');
  return html`
    ${action('marker', label, (gallery) => gallery.showMarkers(regionId, !isSeen))}
    ${
      isMarked
        ? nothing
        : action('select-region', msg('Select region'), (gallery) => gallery.selectRegion(regionId))
    }
    ${action('remove-marker', msg('Remove marker'), (gallery) => gallery.removeMarkers(regionId))}
  `;
}

/** `shown` is the fill that is seen, `isMarked` says that the host's selection marks the region. */
export function setActions(set: FillSet, shown: GalleryFill | null, isMarked: boolean) {
  const { regionId } = set;
  const tries = triesOf(set);
  const free = clearable(set);
  const rest = free.filter((id) => id !== shown?.layerId);
  const hasFavourites = free.length < tries.length;
  const keepOnly = (gallery: FillGallery) => gallery.keepOnly(regionId, shown!.layerId);
  return html`<div class="actions">
    ${
      shown && rest.length > 0
        ? action('keep-only', msg('Keep this, remove the rest'), keepOnly)
        : nothing
    }
    ${
      free.length > 1 || (free.length === 1 && !shown)
        ? action(
            'remove-tries',
            hasFavourites ? msg('Remove all but favourites') : msg('Remove all'),
            (gallery) => gallery.removeTries(regionId),
          )
        : nothing
    }
    ${markerActions(set, isMarked)}
  </div>`;
}

declare global {
  interface HTMLElementEventMap {
    'repaint-set': SetEvent;
  }
}
