/** A network that is an ONNX file already: its contract, its data files, its card. */
import type { FoundIn } from '../../protocol/model-shelf-api.js';
import type { GivenCard } from './given-card.js';
import { openClassifier } from './identify-classifier.js';
import { missingFiles, type IdentifiedNetwork, type IdentifyInput } from './identified.js';
import { largestLook, readOnnxFacts, type OnnxFacts } from './onnx-contract.js';
import { baseName, type SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

/** A second graph counts as a classifier when it is called one. */
function networkAmong(graphs: readonly SourceFile[]): SourceFile {
  const networks = graphs.filter((file) => !/classifier/i.test(baseName(file)));
  if (networks.length === 1) return networks[0];
  const names = graphs.map(({ name }) => name).join(', ');
  throw unusable(
    `Of ${names} one must be the network; a classifier beside it is called classifier.onnx.`,
  );
}

/** One more than the highest label of a card; 0 without one. */
export function classCountOf(card: GivenCard | null): number {
  const labels = card?.classes?.map(({ label }) => label) ?? [];
  return Math.max(-1, card?.nullClassLabel ?? -1, ...labels) + 1;
}

function missingNames({ files, card }: IdentifyInput, facts: OnnxFacts | null): string[] {
  const hasSchedule = card?.diffusion !== undefined || files.json.scheduler !== null;
  const needsClasses = facts?.hasClasses === true && classCountOf(card) === 0;
  const locations = facts?.dataFiles.map(({ location }) => location) ?? [];
  const given = new Set(files.data.map(baseName));
  return [
    ...(hasSchedule && !needsClasses ? [] : ['card.json']),
    ...locations.filter((location) => !given.has(location)),
  ];
}

function scheduleFrom({ files: { from }, card }: IdentifyInput): FoundIn | null {
  const name = from.scheduler ?? (card?.diffusion && from.card);
  return name ? { kind: 'file', name } : null;
}

/** Throws: RepaintError or CheckpointError for a graph that no answer makes usable. */
export async function identifyOnnx(input: IdentifyInput): Promise<IdentifiedNetwork> {
  const { graphs, checkpoints, data, json } = input.files;
  const weights = networkAmong(graphs);
  const others = graphs.filter((file) => file !== weights);
  const isSmall = weights.source.sizeBytes <= largestLook;
  const facts = isSmall ? await readOnnxFacts(weights, 'network') : null;
  return {
    kind: 'onnx',
    weights,
    shards: [],
    weightsPath: '',
    data,
    config: null,
    scheduler: json.scheduler,
    preset: null,
    pixelUnshuffle: 1,
    parameters: facts?.parameters ?? null,
    ...(await openClassifier(checkpoints, others, json.classifierConfig)),
    onnx: facts,
    nativeSize: input.card?.network?.nativeSize ?? facts?.height ?? null,
    classCount: classCountOf(input.card),
    findings: {
      network: 'ONNX',
      weights: [],
      config: null,
      schedule: scheduleFrom(input),
      left: input.files.left.map(({ name }) => name),
    },
    questions: missingFiles(missingNames(input, facts)),
  };
}
