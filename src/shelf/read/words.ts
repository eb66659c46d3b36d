/** Names and honest words for a model, from what its files say of themselves. */
import type { KnownCheckpoint } from '../../checkpoint/known-checkpoints.js';
import type { ModelWords } from '../../protocol/model-shelf-api.js';
import type { GivenCard } from './given-card.js';

/** File names that say nothing about the model. */
const plainStems = /^(diffusion_)?(pytorch_)?(model|checkpoint|network|unet|weights)$/i;

function stemOf(fileName: string): string {
  return fileName.replace(/(\.fp16)?\.[a-z]+$/i, '');
}

/** True where a file's name says nothing about the model in it. */
export function isPlainName(file: string): boolean {
  return plainStems.test(stemOf(file.slice(file.lastIndexOf('/') + 1)));
}

function nameFrom(fileName: string): string {
  const stem = stemOf(fileName);
  return isPlainName(fileName) ? 'Imported model' : stem.replace(/[_-]+/g, ' ').trim() || 'Model';
}

/** Makes a kebab-case id of any text; 'model' where nothing is left. */
export function kebabId(text: string): string {
  const id = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return (
    id
      .replace(/^-+|-+$/g, '')
      .slice(0, 60)
      .replace(/-+$/, '') || 'model'
  );
}

const unknown = 'Not known: ask whoever published the checkpoint.';

/** What is known of a model's words, best source first: its card, the published list, hints. */
export interface WordSources {
  readonly fileName: string;
  readonly card: GivenCard | null;
  readonly known: KnownCheckpoint | null;
  readonly hints: Partial<ModelWords>;
}

export function guessWords({ fileName, card, known, hints }: WordSources): ModelWords {
  return {
    name: card?.name ?? known?.title ?? hints.name ?? nameFrom(fileName),
    licence: card?.licence ?? known?.licence ?? hints.licence ?? unknown,
    trainingData: card?.trainingData ?? known?.trainingData ?? hints.trainingData ?? unknown,
    bias: card?.bias ?? hints.bias ?? 'Not known. Expect that of its training data.',
  };
}
