/** Which files of a repository make a model. Pure. */
import { RepaintError } from '../../protocol/failure.js';
import { expectPixels } from '../read/pick-weights.js';

export interface ChosenFiles {
  readonly weights: string;
  readonly companions: readonly string[];
}

const weightsPattern = /\.(safetensors|pt|pth|ckpt|bin|onnx)$/i;
/** In order of preference, in the root or where diffusers' pipelines keep their network. */
const usualWeights = ['', 'unet/'].flatMap((folder) =>
  ['safetensors', 'bin'].map((end) => `${folder}diffusion_pytorch_model.${end}`),
);
/** Each may lie beside the weights, in the root, or in a folder of its own. */
const companionFolders: Readonly<Record<string, readonly string[]>> = {
  'config.json': [],
  'scheduler_config.json': ['scheduler/'],
  'card.json': [],
};

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function chooseWeights(paths: readonly string[], where: string): string {
  const usual = usualWeights.find((path) => paths.includes(path));
  if (usual) return usual;
  const candidates = paths.filter((path) => weightsPattern.test(path));
  if (candidates.length === 1) return candidates[0];
  const found =
    candidates.length === 0
      ? 'no weights (.safetensors, .pt, .pth, .ckpt, .bin or .onnx)'
      : `several files of weights: ${candidates.slice(0, 8).join(', ')}`;
  throw new RepaintError(
    'modelUnusable',
    `${where} has ${found}; give the address of the file to use.`,
  );
}

/** Files of an .onnx's weights: named after it, or after nothing else. */
function externalData(weights: string, paths: readonly string[]): string[] {
  if (!weights.endsWith('.onnx')) return [];
  const folder = folderOf(weights);
  return paths.filter(
    (path) => folderOf(path) === folder && /(_data(_\d+)?|\.data|weights-\d+\.bin)$/.test(path),
  );
}

/**
 * Throws: RepaintError modelUnusable when there are no weights, several and none is usual, or those
 * of a pipeline over latents.
 */
export function chooseFiles(paths: readonly string[], where: string): ChosenFiles {
  expectPixels(paths);
  const weights = chooseWeights(
    paths.filter((path) => !/weights-\d+\.bin$/.test(path)),
    where,
  );
  const folder = folderOf(weights);
  const companions = Object.entries(companionFolders).flatMap(([name, folders]) => {
    // The pipeline's own config.json is not the network's: the one beside the weights comes first.
    const places = [folder, ...folders, ''].map((place) => `${place}${name}`);
    const found = places.find((path) => paths.includes(path));
    return found ? [found] : [];
  });
  return { weights, companions: [...companions, ...externalData(weights, paths)] };
}
