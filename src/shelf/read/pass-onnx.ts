/** An ONNX file taken over as it is, with the files its weights lie in, once they are all there. */
import type { ConvertibleFiles } from './identified.js';
import type { OnnxFiles, WriteJob } from './model-sink.js';
import { readOnnxFacts, type DataFile, type OnnxRole } from './onnx-contract.js';
import { baseName, readPieces, type SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

function findData({ location, sizeBytes }: DataFile, files: readonly SourceFile[]): SourceFile {
  const found = files.find((file) => baseName(file) === location);
  if (!found) throw unusable(`The file ${location} with the graph's weights is missing; give it.`);
  if (found.source.sizeBytes >= sizeBytes) return found;
  throw unusable(
    `${found.name} has ${found.source.sizeBytes} bytes, the graph's weights reach to ${sizeBytes}; ` +
      'download it again.',
  );
}

/** The data files that the graphs among the files refer to. Throws: RepaintError modelUnusable. */
export async function usedData({ kind, weights, classifier, data }: ConvertibleFiles) {
  const locations = new Set<string>();
  const add = async (file: SourceFile, role: OnnxRole) => {
    const { dataFiles } = await readOnnxFacts(file, role);
    dataFiles.forEach(({ location }) => locations.add(location));
  };
  if (kind === 'onnx') await add(weights, 'network');
  if (classifier?.kind === 'onnx') await add(classifier.weights, 'classifier');
  return data.filter((file) => locations.has(baseName(file)));
}

/**
 * Checks a graph and its data files and writes them on, piece by piece.
 * Throws: RepaintError modelUnusable when the contract does not hold or a file is missing or short.
 */
export async function passOnnx(
  weights: SourceFile,
  data: readonly SourceFile[],
  role: OnnxRole,
  parameters: number,
  { name, sink, signal, onValues }: WriteJob,
): Promise<OnnxFiles> {
  const { dataFiles } = await readOnnxFacts(weights, role);
  const beside = dataFiles.map((file) => ({ ...file, from: findData(file, data) }));
  const files = [weights, ...beside.map(({ from }) => from)];
  const totalBytes = files.reduce((sum, { source }) => sum + source.sizeBytes, 0);
  let done = 0;
  const copy = (path: string, file: SourceFile) =>
    sink.writePieces(path, readPieces(file, signal), (bytes) => {
      done += bytes;
      onValues(Math.round((done / totalBytes) * parameters));
    });
  const externalData = [];
  for (const { location, from } of beside) externalData.push(await copy(location, from));
  return { onnx: await copy(`${name}.onnx`, weights), externalData };
}
