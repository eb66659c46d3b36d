/** Models one can begin with: on Hugging Face, under a licence that allows commercial use. */
import { msg } from '../host/localisation.js';

export interface SuggestedModel {
  /** On Hugging Face. */
  readonly repo: string;
  readonly licence: string;
  readonly sizeBytes: number;
  /** Pixels a side that the network was trained at. */
  readonly nativeSize: number;
  /** What it can fill with. */
  readonly knows: () => string;
}

/** Facts as in docs/models.md. */
export const suggestedModels: readonly SuggestedModel[] = [
  {
    repo: 'google/ddpm-church-256',
    licence: 'Apache-2.0',
    sizeBytes: 455e6,
    nativeSize: 256,
    knows: () => msg('churches and buildings from outside'),
  },
  {
    repo: 'google/ddpm-celebahq-256',
    licence: 'Apache-2.0',
    sizeBytes: 455e6,
    nativeSize: 256,
    knows: () => msg('faces, seen from the front'),
  },
  {
    repo: 'google/ddpm-cifar10-32',
    licence: 'Apache-2.0',
    sizeBytes: 143e6,
    nativeSize: 32,
    knows: () => msg('small pictures of animals and vehicles'),
  },
];
