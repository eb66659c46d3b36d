/** The network part of a card for an ONNX file: measured where the graph says it, else the card's. */
import type { ModelCard } from '../../protocol/model-card.js';
import type { GivenCard } from './given-card.js';
import type { OnnxFacts } from './onnx-contract.js';
import { unusable } from './unusable.js';

function nativeSizeOf({ height, width }: OnnxFacts, given: number | undefined): number {
  const fixed = height ?? width;
  if (fixed !== null && (height ?? fixed) !== (width ?? fixed)) {
    throw unusable(`The network runs at ${width} x ${height} pixels only; a square one is needed.`);
  }
  if (fixed !== null && given !== undefined && given !== fixed) {
    throw unusable(
      `The network runs at ${fixed} pixels a side only, card.json says ${given} as its nativeSize; ` +
        'correct the card.',
    );
  }
  const size = fixed ?? given;
  if (size) return size;
  throw unusable('The card.json must say network.nativeSize, the pixels a side of its training.');
}

function expectSame(name: string, graph: number | null, card: number | undefined): void {
  if (graph === null || card === undefined || graph === card) return;
  throw unusable(`The graph has ${graph} as ${name}, card.json says ${card}; correct the card.`);
}

/** Throws: RepaintError modelUnusable where graph and card disagree, or neither says a size. */
export function onnxNetwork(facts: OnnxFacts, card: GivenCard | null): ModelCard['network'] {
  const given = card?.network ?? {};
  expectSame('channels', facts.channels, given.channels);
  expectSame('outChannels', facts.outChannels, given.outChannels);
  const channels = facts.channels ?? given.channels ?? 3;
  const isLearned = card?.diffusion?.varianceType.startsWith('learned') ?? false;
  const nativeSize = nativeSizeOf(facts, given.nativeSize);
  const isFixedSize = facts.height !== null || facts.width !== null || (given.isFixedSize ?? true);
  return {
    family: 'onnx',
    channels,
    outChannels: facts.outChannels ?? given.outChannels ?? (isLearned ? 2 : 1) * channels,
    pixelUnshuffle: given.pixelUnshuffle ?? 1,
    sizeMultiple: given.sizeMultiple ?? nativeSize,
    nativeSize,
    isFixedSize,
    ...(facts.isFixedBatch ? { isFixedBatch: true } : {}),
    parameters: facts.parameters,
  };
}
