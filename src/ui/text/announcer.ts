/** What a screen reader is told of what is shown: the region, how a fill goes, what was kept. */
import { getLocale, msg, str } from '../host/localisation.js';
import type { AddingState } from '../models/model-adding.js';
import type { Session } from '../session.js';
import type { SelectionState } from '../selection/selection-watch.js';
import { number, size } from './format.js';
import { incompleteText, stageName } from './model-text.js';
import { problemText } from './problems.js';

/** Progress is told at most this often. */
const everyMs = 10_000;

/** A model being added, from stage to stage; empty when nothing is to be said. */
function addingNews(state: AddingState): string {
  switch (state.kind) {
    case 'looking':
      return msg('Looking at the files …');
    case 'asking':
      return state.problem
        ? problemText(state.problem, 'adding').sentence
        : incompleteText(state) || msg('Check what is said of the model, then add it.');
    case 'adding':
      return stageName(state.progress);
    case 'added':
      return msg(str`${state.model.manifest.card.name} is ready.`);
    case 'idle':
      return state.problem ? problemText(state.problem, 'adding').sentence : '';
  }
}

/** How many fills are on the page, and how many of them are kept. */
function countsOf({ gallery }: Session): { all: number; kept: number } {
  const fills = gallery.sets.flatMap((set) => set.fills);
  return { all: fills.length, kept: fills.filter(({ isKept }) => isKept).length };
}

export class Announcer {
  private _locale = '';
  private _counts = { all: 0, kept: 0 };
  private _regionId = '';
  private _wasCancelling = false;
  private _lastText = '';
  private _lastAdding = '';
  private _lastAt = -Infinity;
  private _wasActive = false;

  constructor(
    private readonly _say: (text: string) => void,
    private readonly _now: () => number = () => performance.now(),
  ) {}

  /** Says what is new. */
  tell(session: Session): void {
    const news = this._localeNews() || this._galleryNews(session);
    if (news) return this._say(news);
    const adding = addingNews(session.library.adding.state);
    if (adding !== this._lastAdding) {
      this._lastAdding = adding;
      if (adding) return this._say(adding);
    }
    const text = this._text(session);
    if (text === null || text === this._lastText) return;
    this._lastText = text;
    this._say(text);
  }

  private _text({ queue, selection }: Session): string | null {
    const { active, interrupted } = queue;
    const [stopped] = interrupted;
    if (stopped?.problem) return problemText(stopped.problem).sentence;
    if (active) {
      this._wasCancelling = active.state === 'cancelling';
      return this._progressText(active.progress);
    }
    if (this._wasActive) {
      this._wasActive = false;
      return this._wasCancelling ? msg('Filling was cancelled.') : msg('Filling has ended.');
    }
    return this._selectionText(selection.state);
  }

  private _selectionText(state: SelectionState): string | null {
    if (state.kind === 'problem') {
      this._regionId = '';
      return problemText(state.problem).sentence;
    }
    if (state.kind === 'reading' || state.region.id === this._regionId) return null;
    this._regionId = state.region.id;
    return msg(str`A region of ${size(state.region.marked)} is marked.`);
  }

  /** What the panel speaks now, said in it. */
  private _localeNews(): string {
    const before = this._locale;
    this._locale = getLocale();
    return before === '' || before === this._locale ? '' : msg('The panel is in English now.');
  }

  private _galleryNews(session: Session): string {
    const before = this._counts;
    this._counts = countsOf(session);
    const { all, kept } = this._counts;
    if (kept > before.kept) return msg('The fill is kept.');
    return all < before.all ? msg('Removed from the page.') : '';
  }

  private _progressText(progress: { nfe: number; nfeTotal: number } | null): string | null {
    const isFirst = !this._wasActive;
    this._wasActive = true;
    if (isFirst) this._lastAt = this._now();
    if (isFirst || !progress) return isFirst ? msg('Filling has started.') : null;
    if (this._now() - this._lastAt < everyMs) return null;
    this._lastAt = this._now();
    return msg(str`${number((100 * progress.nfe) / progress.nfeTotal)} percent done`);
  }
}
