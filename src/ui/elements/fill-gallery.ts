/** The fills of one region as a group of radio buttons: one is shown on the page at a time. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-checkmark.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-delete.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-refresh.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-similar.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-star.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-star-filled.js';
import type { FillSet, GalleryFill } from '../gallery/fill-sets.js';
import { localized, msg } from '../host/localisation.js';
import { fillTitle } from '../text/fill-text.js';
import { listed, number, percent } from '../text/format.js';
import './compare-view.js';
import type { Compared, LookEvent } from './compare-view.js';
import { galleryStyles } from './fill-gallery.styles.js';
import {
  AgainEvent,
  DeleteEvent,
  KeepEvent,
  MoreLikeEvent,
  ShowEvent,
  StarEvent,
} from './gallery-events.js';
import { KeepFocus } from './keep-focus.js';
import { recipe } from './recipe.js';
import { setActions } from './set-actions.js';
import { shared } from './styles.js';

/** One radio button; layerId null stands for the original. */
interface Option {
  readonly layerId: string | null;
  readonly title: string;
  readonly description: string;
  readonly picture: string | null;
  readonly isShown: boolean;
  readonly isStarred: boolean;
}

@localized()
@customElement('repaint-fill-gallery')
export class FillGalleryElement extends LitElement {
  @property({ attribute: false }) fillSet: FillSet | null = null;
  @property() original: string | null = null;
  @property() heading = '';
  /** The host's selection marks this region. */
  @property({ type: Boolean }) isMarked = false;
  /** Why this region cannot be filled again now; empty when it can. */
  @property() againReason = '';
  /** What is looked at here, as long as it is not what the page shows; the page stays as it is. */
  @state() private _looked: string | null | undefined;
  /** How much of a fill may change in others like it, 0..1. */
  @state() private _strength = 0.4;

  static override styles = [shared, galleryStyles];

  constructor() {
    super();
    new KeepFocus(this, ['[role=radio][aria-checked=true]']);
  }

  override render() {
    const { fillSet } = this;
    if (!fillSet) return '';
    const options = this._options(fillSet);
    const looked = this._lookedFill(fillSet, options);
    return html`<section data-testid="gallery" data-region=${fillSet.regionId}>
      <h2 id="heading">${this.heading}</h2>
      ${this._compare(options)}
      <div
        class="grid"
        role="radiogroup"
        aria-labelledby="heading"
        @keydown=${(event: KeyboardEvent) => this._onKey(event, options)}
      >
        ${options.map((option, index) => this._renderOption(option, index === this._at(options)))}
      </div>
      ${this._actions(looked)} ${looked ? this._about(looked) : nothing}
      ${setActions(fillSet, looked, this.isMarked)}
    </section>`;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    // What the page shows has changed, or the fills have.
    if (changed.has('fillSet')) this._looked = undefined;
  }

  /** Index of what is looked at. */
  private _at(options: readonly Option[]): number {
    const shown = options.findIndex(({ isShown }) => isShown);
    if (this._looked === undefined) return shown;
    const looked = options.findIndex(({ layerId }) => layerId === this._looked);
    return looked < 0 ? shown : looked;
  }

  /** What Keep and Delete are about: the fill that is looked at, else the one that was kept. */
  private _lookedFill(set: FillSet, options: readonly Option[]): GalleryFill | null {
    const layerId = options[Math.max(0, this._at(options))].layerId;
    if (layerId === null) return keptFill(set) ?? null;
    return set.fills.find((fill) => fill.layerId === layerId) ?? null;
  }

  /** A fill large, against the original; against the page's fill where another is looked at. */
  private _compare(options: readonly Option[]) {
    const [original] = options;
    const after = options[Math.max(0, this._at(options))];
    const shown = options.find(({ isShown }) => isShown);
    const isOther = shown !== undefined && shown !== after && shown.layerId !== null;
    const before = after.layerId === null ? this._bare() : original;
    return html`<repaint-compare
      .original=${comparedOf(isOther ? shown : before)}
      .fill=${comparedOf(after)}
      @repaint-look=${({ step }: LookEvent) => this._look(options, step)}
    ></repaint-compare>`;
  }

  /** Goes through the fills without changing the page: looking is nothing to undo. */
  private _look(options: readonly Option[], step: 1 | -1): void {
    const next = (this._at(options) + step + options.length) % options.length;
    this._looked = options[next].layerId;
  }

  private _options(set: FillSet): Option[] {
    const tries = set.fills.filter(({ isKept }) => !isKept);
    const isBare = tries.every(({ isShown }) => !isShown);
    return [this._without(set, isBare), ...tries.map((fill) => this._fillOption(fill))];
  }

  /** The region as it was before its fills. */
  private _bare(isShown = false): Option {
    return {
      layerId: null,
      title: msg('Original'),
      description: msg('Original, without a fill'),
      picture: this.original,
      isShown,
      isStarred: false,
    };
  }

  /** The region without a try: the original, or the fill that was kept. */
  private _without(set: FillSet, isShown: boolean): Option {
    const kept = keptFill(set);
    if (!kept) return this._bare(isShown);
    return {
      layerId: null,
      title: msg('Kept'),
      description: listed([fillTitle(kept.record), msg('kept')]),
      picture: kept.thumbnail,
      isShown,
      isStarred: kept.isStarred,
    };
  }

  private _fillOption({ layerId, record, thumbnail, isShown, isStarred }: GalleryFill): Option {
    return {
      layerId,
      title: number(record.number),
      description: listed([fillTitle(record), isStarred ? msg('favourite') : '']),
      picture: thumbnail,
      isShown,
      isStarred,
    };
  }

  private _renderOption(
    { layerId, title, description, picture, isShown, isStarred }: Option,
    isLooked: boolean,
  ) {
    return html`<button
      type="button"
      role="radio"
      aria-checked=${isShown ? 'true' : 'false'}
      aria-label=${description}
      title=${description}
      tabindex=${isLooked ? 0 : -1}
      ?data-looked=${isLooked}
      data-testid=${layerId === null ? 'original' : 'fill'}
      data-layer=${layerId ?? ''}
      @click=${() => this._show(layerId)}
    >
      ${picture ? html`<img src=${picture} alt="" />` : html`<span class="blank"></span>`}
      <span class="title">
        ${isShown ? html`<sp-icon-checkmark size="s" aria-hidden="true"></sp-icon-checkmark>` : ''}
        ${isStarred ? html`<sp-icon-star-filled size="xs" aria-hidden="true"></sp-icon-star-filled>` : ''}
        ${title}
      </span>
    </button>`;
  }

  private _actions(shown: GalleryFill | null) {
    const noFill = shown ? '' : msg('Choose a fill first.');
    return html`<div class="actions">
      <sp-action-button
        data-testid="keep"
        size="s"
        ?disabled=${!shown || shown.isKept}
        title=${noFill || msg('Makes the fill part of the picture: the next one continues it.')}
        @click=${() => shown && this._keep(shown)}
      >
        <sp-icon-checkmark slot="icon"></sp-icon-checkmark>${msg('Keep')}
      </sp-action-button>
      <sp-action-button
        data-testid="delete"
        size="s"
        ?disabled=${!shown}
        title=${noFill || msg('Removes the fill from the page.')}
        @click=${() => shown && this._delete(shown)}
      >
        <sp-icon-delete slot="icon"></sp-icon-delete>${msg('Delete')}
      </sp-action-button>
      <sp-action-button
        data-testid="again"
        size="s"
        ?disabled=${this.againReason !== ''}
        title=${this.againReason || msg('Fills the same region with new seeds.')}
        @click=${() => this.dispatchEvent(new AgainEvent())}
      >
        <sp-icon-refresh slot="icon"></sp-icon-refresh>${msg('Fill again')}
      </sp-action-button>
      ${this.againReason ? html`<p class="quiet">${this.againReason}</p>` : ''}
    </div>`;
  }

  /** What is known of a fill, and what can be made of it. */
  private _about(fill: GalleryFill) {
    return html`<div class="about" role="group" aria-label=${fillTitle(fill.record)}>
      <div class="row">
        <h3 data-testid="fill-title">${fillTitle(fill.record)}</h3>
        ${this._star(fill)}
      </div>
      ${recipe(fill.record)} ${this.isMarked ? this._moreLike(fill) : nothing}
    </div>`;
  }

  private _star(fill: GalleryFill) {
    const title = fill.isStarred ? msg('No favourite any more') : msg('Make it a favourite');
    return html`<sp-action-button
      quiet
      size="s"
      data-testid="star"
      label=${title}
      title=${title}
      ?selected=${fill.isStarred}
      aria-pressed=${fill.isStarred ? 'true' : 'false'}
      @click=${() => this.dispatchEvent(new StarEvent(fill))}
      >${
        fill.isStarred
          ? html`<sp-icon-star-filled slot="icon"></sp-icon-star-filled>`
          : html`<sp-icon-star slot="icon"></sp-icon-star>`
      }</sp-action-button
    >`;
  }

  private _moreLike(fill: GalleryFill) {
    const share = percent(this._strength);
    return html`<div class="row">
      <sp-action-button
        data-testid="more-like"
        size="s"
        ?disabled=${this.againReason !== ''}
        title=${this.againReason || msg('Fills again, starting from this fill.')}
        @click=${() => this.dispatchEvent(new MoreLikeEvent(fill, this._strength))}
      >
        <sp-icon-similar slot="icon"></sp-icon-similar>${msg('More like this')}
      </sp-action-button>
      <input
        type="range"
        min="5"
        max="95"
        step="5"
        data-testid="strength"
        .value=${String(Math.round(100 * this._strength))}
        aria-label=${msg('How much may change')}
        aria-valuetext=${share}
        title=${msg('How much may change')}
        @input=${({ target }: Event) =>
          (this._strength = Number((target as HTMLInputElement).value) / 100)}
      />
      <span class="quiet numbers" aria-hidden="true">${share}</span>
    </div>`;
  }

  private _keep({ layerId }: GalleryFill): void {
    if (this.fillSet) this.dispatchEvent(new KeepEvent(this.fillSet.regionId, layerId));
  }

  private _delete({ layerId }: GalleryFill): void {
    if (this.fillSet) this.dispatchEvent(new DeleteEvent(this.fillSet.regionId, layerId));
  }

  private _show(layerId: string | null): void {
    if (this.fillSet) this.dispatchEvent(new ShowEvent(this.fillSet.regionId, layerId));
  }

  /** Arrow keys look at the fills one after another, Home and End jump; Enter shows one. */
  private _onKey(event: KeyboardEvent, options: readonly Option[]): void {
    const next = nextIndex(event.key, this._at(options), options.length);
    if (next === null) return;
    event.preventDefault();
    this._looked = options[next].layerId;
    this.renderRoot.querySelectorAll<HTMLButtonElement>('[role=radio]')[next]?.focus();
  }
}

function comparedOf({ description, picture }: Option): Compared {
  return { title: description, picture };
}

function keptFill({ fills }: FillSet): GalleryFill | undefined {
  return fills.filter(({ isKept, isShown }) => isKept && isShown).at(-1);
}

/** Returns where a key leads from one radio button; null for other keys. */
export function nextIndex(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (at + 1) % count;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
