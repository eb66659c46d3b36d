/** What a screen reader is told: how a fill goes, now and then, and how far adding a model is. */
import { msg, str } from '../host/localisation.js';
import type { AddingState } from '../models/model-adding.js';
import type { Session } from '../session.js';
import { number } from './format.js';
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

export class Announcer {
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
    if (active) return this._progressText(active.progress);
    if (this._wasActive) {
      this._wasActive = false;
      return msg('Filling has ended.');
    }
    return selection.state.kind === 'problem'
      ? problemText(selection.state.problem).sentence
      : null;
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
