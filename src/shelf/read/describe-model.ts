/** From identified files to the card of the model they will become. */
import { describeNetwork, familyOf } from '../../checkpoint/describe.js';
import { parseAdmClassifierConfig } from '../../checkpoint/networks/adm-config.js';
import type { ModelCard, ModelFile } from '../../protocol/model-card.js';
import type { ModelWords } from '../../protocol/model-shelf-api.js';
import { checkDiffusion, diffusionOf, draftCard } from './draft-card.js';
import type { ConvertibleClassifier, Identified } from './identified.js';
import { classCountOf } from './identify-onnx.js';
import { readOnnxFacts, type OnnxFacts } from './onnx-contract.js';
import { onnxNetwork } from './onnx-network.js';
import { orUnusable, unusable } from './unusable.js';

/** What the files cannot say, or what was measured on the way. */
export interface DescribeOptions {
  /** Kebab-case. */
  readonly id: string;
  readonly words: ModelWords;
  /** Of the weights (`hashWeights`). */
  readonly checkpoint: ModelCard['checkpoint'];
  /** Of the classifier's weights, where there is one. */
  readonly classifierCheckpoint?: ModelFile | null;
}

/** A network and how many labels it takes. */
interface Described {
  readonly network: ModelCard['network'];
  readonly classCount: number;
}

function expectNoQuestions({ questions }: Identified): void {
  const [question] = questions;
  if (!question) return;
  if (question.kind === 'missingFiles') {
    throw unusable(`Files are missing: give ${question.names.join(' and ')} too.`);
  }
  const names = question.presets.map(({ id }) => id).join(', ');
  throw unusable(`The weights fit several published networks; say which one it is of ${names}.`);
}

function describeCheckpoint({ config, pixelUnshuffle, nativeSize, parameters }: Identified) {
  const description = describeNetwork(familyOf(config), config, pixelUnshuffle);
  const { classCount, ...network } = description;
  if (!nativeSize) {
    throw unusable(
      'The config says no sample_size; add the pixels a side the network was trained at.',
    );
  }
  return { network: { ...network, nativeSize, parameters: parameters ?? 0 }, classCount };
}

function describeOnnx(identified: Identified, facts: OnnxFacts): Described {
  const { card } = identified;
  const classCount = facts.hasClasses ? classCountOf(card) : 0;
  if (facts.hasClasses && classCount === 0) {
    throw unusable('The network takes class labels; list them in the card.json as classes.');
  }
  return { network: onnxNetwork(facts, card), classCount };
}

/** RGB is what photos have, and all that a fill can put back. */
function expectRgb({ channels }: ModelCard['network']): void {
  if (channels === 3) return;
  throw unusable(
    `The network makes images of ${channels} channels; only networks over RGB pixels can fill ` +
      'photos (not those over the latents of another network).',
  );
}

interface DescribedClassifier {
  readonly card: Omit<NonNullable<ModelCard['classifier']>, 'isNetworkConditional'> | null;
  /** null where only the card knows. */
  readonly classCount: number | null;
}

async function describeClassifier(
  { weights, config, kind }: ConvertibleClassifier,
  parameters: number | null,
  checkpoint: ModelFile | null | undefined,
  { nativeSize, isFixedSize }: ModelCard['network'],
): Promise<DescribedClassifier> {
  if (!checkpoint) throw new TypeError('a classifier needs its classifierCheckpoint');
  if (kind === 'onnx') {
    const known = parameters ?? (await readOnnxFacts(weights, 'classifier')).parameters;
    return { card: { checkpoint, family: 'onnx', parameters: known }, classCount: null };
  }
  const { pool, image_size: size, out_channels: classCount } = parseAdmClassifierConfig(config);
  if (pool === 'attention' && (size !== nativeSize || !isFixedSize)) {
    const made = isFixedSize ? `those of ${nativeSize}` : 'any size';
    throw unusable(
      `${weights.name} classifies images of ${size} pixels a side only, the network makes ${made}; ` +
        'give the classifier that goes with it.',
    );
  }
  const card = { checkpoint, family: 'adm-classifier' as const, parameters: parameters ?? 0 };
  return { card, classCount };
}

/** Labels that can be asked for: the network's, or the classifier's where it alone has some. */
function labelsOf(ofNetwork: number, ofClassifier: number | null, given: number): number {
  const asked = ofNetwork || ofClassifier || given;
  if (ofClassifier === null || asked <= ofClassifier + 1) return asked;
  throw unusable(
    `The network has ${ofNetwork} classes and the classifier ${ofClassifier}; they do not belong ` +
      'together.',
  );
}

/**
 * Writes the card of identified files.
 * Throws: RepaintError modelUnusable with one sentence, also while questions are open.
 */
export async function describeModel(
  identified: Identified,
  options: DescribeOptions,
): Promise<ModelCard> {
  return orUnusable(async () => {
    expectNoQuestions(identified);
    const { kind, weights, onnx, classifier, card: given, config, scheduler } = identified;
    const { network, classCount } =
      kind === 'checkpoint'
        ? describeCheckpoint(identified)
        : describeOnnx(identified, onnx ?? (await readOnnxFacts(weights, 'network')));
    expectRgb(network);
    const { family } = network;
    const diffusion = diffusionOf({ family, config, scheduler, card: given });
    checkDiffusion(diffusion, network);
    const steering = classifier
      ? await describeClassifier(
          classifier,
          identified.classifierParameters,
          options.classifierCheckpoint,
          network,
        )
      : { card: null, classCount: 0 };
    const labels = steering.card
      ? labelsOf(classCount, steering.classCount, classCountOf(given))
      : classCount;
    const { id, words } = options;
    const { weightsPath } = identified;
    const checkpoint = { ...options.checkpoint, ...(weightsPath !== '' && { weightsPath }) };
    const parts = { id, words, checkpoint, network, diffusion, given };
    const told = { isNetworkConditional: classCount > 0 };
    const steered = steering.card && { ...steering.card, ...told };
    return draftCard({ ...parts, classCount: labels, classifier: steered });
  });
}
