/** One model on its way to the shelf: looked at, asked about, added. */
import type {
  AddModelOptions,
  AddModelProgress,
  ModelLook,
  ModelOrigin,
  ModelWords,
  ShelfModel,
} from '../../protocol/model-shelf-api.js';
import { Observed } from '../observed.js';
import { ProblemError, problemOf, type Problem } from '../problem.js';
import { withFiles } from './model-origin.js';
import type { ShelfLink } from './shelf-link.js';

/** What the user is asked, and has answered so far. */
export interface ModelForm {
  readonly origin: ModelOrigin;
  readonly look: ModelLook;
  readonly words: ModelWords;
  readonly preset: string | null;
  /** Path of other weights than those taken by themselves; null takes these. */
  readonly weights: string | null;
}

export type AddingState =
  /** Waits for files or an address. `problem`: why the last ones, `origin`, did not do. */
  | {
      readonly kind: 'idle';
      readonly problem: Problem | null;
      readonly origin: ModelOrigin | null;
    }
  | { readonly kind: 'looking' }
  /** `problem`: why the last attempt with this form ended. */
  | ({ readonly kind: 'asking'; readonly problem: Problem | null } & ModelForm)
  | ({
      readonly kind: 'adding';
      readonly progress: AddModelProgress | null;
      readonly isCancelling: boolean;
    } & ModelForm)
  | { readonly kind: 'added'; readonly model: ShelfModel };

/** How long the shelf may take to stop before its worker is replaced. */
const cancelPatienceMs = 15_000;

const idle: AddingState = { kind: 'idle', problem: null, origin: null };

/** Every word is said, if only that it is unknown. */
export function hasAllWords(words: ModelWords): boolean {
  return Object.values(words).every((text: string) => text.trim() !== '');
}

/** True when the form can be sent. */
export function isComplete({ look, words, preset }: ModelForm): boolean {
  return (
    hasAllWords(words) && look.questions.every(({ kind }) => kind === 'preset' && preset !== null)
  );
}

/** The id follows the name given; the shelf makes it one of its own. */
function idFor({ name }: ModelWords, otherwise: string): string {
  const kebab = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return kebab || otherwise;
}

/** Words the user has changed stay; the others are the new look's. */
function keepEdits(form: ModelForm | null, words: ModelWords): ModelWords {
  if (!form) return words;
  const isEdited = ([key, text]: [string, string]) =>
    text !== form.look.words[key as keyof ModelWords];
  return { ...words, ...Object.fromEntries(Object.entries(form.words).filter(isEdited)) };
}

export class ModelAdding extends Observed {
  state: AddingState = idle;
  /** Late answers to an earlier question are not heard. */
  private _turn = 0;
  private _patience: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly _link: ShelfLink,
    /** The shelf has changed, or may have; with a model when one was added. */
    private readonly _onEnd: (model: ShelfModel | null) => void,
  ) {
    super();
  }

  /** Looks at files; those the form waits for are added to the ones it has. */
  takeFiles(files: readonly File[], paths?: readonly string[]): Promise<void> {
    const { state } = this;
    if (files.length === 0 || state.kind === 'adding') return Promise.resolve();
    const form = state.kind === 'asking' ? state : null;
    return this.look(withFiles(form?.origin ?? null, files, paths), form);
  }

  /** Looks at where a model comes from, then asks what only a person can know. */
  async look(origin: ModelOrigin, form: ModelForm | null = null): Promise<void> {
    const turn = ++this._turn;
    this._become({ kind: 'looking' });
    try {
      const look = await this._link.call((api) => api.look(origin));
      if (turn !== this._turn) return;
      const words = keepEdits(form, look.words);
      const unanswered = { preset: null, weights: null, problem: null };
      this._become({ kind: 'asking', origin, look, words, ...unanswered });
    } catch (error) {
      if (turn !== this._turn) return;
      const problem = problemOf(error, 'shelfFailed');
      if (form) this._become({ kind: 'asking', ...formOf(form), problem });
      else this._become({ kind: 'idle', problem, origin });
    }
  }

  /** Changes what the form says. */
  answer(change: Partial<Pick<ModelForm, 'words' | 'preset' | 'weights'>>): void {
    if (this.state.kind === 'asking') this._become({ ...this.state, ...change });
  }

  /** Adds the model of the form. `isTested` false keeps one that failed its self-test. */
  async add(isTested = true): Promise<void> {
    if (this.state.kind !== 'asking' || !isComplete(this.state)) return;
    const form = formOf(this.state);
    const { origin, look, words, preset, weights } = form;
    const id = idFor(words, look.id);
    const options: AddModelOptions = { id, words, preset, weights, isTested };
    this._become({ kind: 'adding', ...form, progress: null, isCancelling: false });
    let added: ShelfModel | null = null;
    try {
      added = await this._link.call((api) =>
        api.add(origin, options, (progress) => this._progress(progress)),
      );
      this._become({ kind: 'added', model: added });
    } catch (error) {
      this._become({ kind: 'asking', ...form, problem: problemOf(error, 'shelfFailed') });
    }
    clearTimeout(this._patience);
    this._onEnd(added);
  }

  /** Stops adding; the form comes back once the shelf has stopped. */
  cancel(): void {
    if (this.state.kind !== 'adding') return;
    this._become({ ...this.state, isCancelling: true });
    this._link.cancel();
    const giveUp = () => this._link.giveUp(new ProblemError('cancelled'));
    this._patience = setTimeout(giveUp, cancelPatienceMs);
  }

  /** Drops the form, or the word that a model was added. */
  close(): void {
    if (this.state.kind === 'adding') return;
    this._turn++;
    this._become(idle);
  }

  private _progress(progress: AddModelProgress): void {
    if (this.state.kind === 'adding') this._become({ ...this.state, progress });
  }

  private _become(state: AddingState): void {
    this.state = state;
    this.changed();
  }
}

function formOf({ origin, look, words, preset, weights }: ModelForm): ModelForm {
  return { origin, look, words, preset, weights };
}
