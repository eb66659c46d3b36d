/** The second network of an import, which steers the first towards a class. */
import { networkOf } from '../../checkpoint/convert.js';
import { countParameters, fittingClassifier } from './checkpoint-kind.js';
import type { Identified } from './identified.js';
import { largestLook, readOnnxFacts } from './onnx-contract.js';
import { openWeights, type OpenedWeights } from './open-weights.js';
import type { WeightsFiles } from './pick-weights.js';
import type { SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

type Found = Pick<Identified, 'classifier' | 'classifierParameters'>;

function fromCheckpoint({ file, networks }: OpenedWeights, given: unknown): Found {
  const [{ checkpoint }] = networks;
  const config = given ?? fittingClassifier(checkpoint);
  if (config === null) {
    throw unusable(
      `${file.name} is not one of OpenAI's classifiers; give its arguments in a ` +
        'classifier_config.json too.',
    );
  }
  networkOf(checkpoint, { family: 'adm-classifier', config });
  const classifier = { kind: 'checkpoint' as const, weights: file, config };
  return { classifier, classifierParameters: countParameters(checkpoint) };
}

async function fromGraph(file: SourceFile): Promise<Found> {
  const isSmall = file.source.sizeBytes <= largestLook;
  const facts = isSmall ? await readOnnxFacts(file, 'classifier') : null;
  const classifier = { kind: 'onnx' as const, weights: file, config: null };
  return { classifier, classifierParameters: facts?.parameters ?? null };
}

/**
 * Opens what is there besides the network. `config`: the classifier's, where one came along.
 * Throws: CheckpointError; RepaintError modelUnusable for anything but one classifier.
 */
export async function openClassifier(
  checkpoints: readonly WeightsFiles[],
  graphs: readonly SourceFile[],
  config: unknown,
): Promise<Found> {
  const ofCheckpoints = checkpoints.map(({ files }) => files[0]);
  const [first, second] = [...ofCheckpoints, ...graphs];
  if (!first) return { classifier: null, classifierParameters: null };
  if (second) {
    throw unusable(
      `${first.name} and ${second.name} cannot both steer a network; give at most one classifier.`,
    );
  }
  if (graphs.includes(first)) return fromGraph(first);
  const opened = await openWeights([first], [], null);
  if (opened.networks[0].family === 'adm-classifier') return fromCheckpoint(opened, config);
  throw unusable(`${first.name} is a second network, not a classifier; leave it out.`);
}
