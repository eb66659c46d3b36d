/** The browser's half of the benchmark: started by browser-rows.ts, which reads `benchRows`. */
import type { ImageShape } from '../../core/network.js';
import { OrtNetwork } from '../../engine/ort-network.js';
import { OrtWeb } from '../../engine/ort-web.js';
import { inlineModel } from '../../engine/onnx-model.js';
import { modelManifestSchema, type ModelCard } from '../../protocol/model-card.js';
import { callRows } from './bench-walk.js';
import { gpuRows } from './gpu-rows.js';
import { timed, type BenchRow } from './rows.js';

/** Set by the server's address: `?quick` for the short run. */
const isQuick = new URL(location.href).searchParams.has('quick');
const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', location.origin).href;
const modelUrl = new URL('/build/models/garden-64/', location.origin).href;

async function fetchModel(): Promise<{ card: ModelCard; onnx: Uint8Array }> {
  const manifest = modelManifestSchema.parse(await (await fetch(`${modelUrl}model.json`)).json());
  const answer = await fetch(new URL(manifest.onnx.path, modelUrl));
  return { card: manifest.card, onnx: new Uint8Array(await answer.arrayBuffer()) };
}

async function wasmRows(card: ModelCard, onnx: Uint8Array): Promise<BenchRow[]> {
  const size = card.network.nativeSize;
  const shape: ImageShape = [1, 3, size, size];
  const ort = await OrtWeb.start({ ortBaseUrl, backend: 'wasm' });
  let network!: OrtNetwork;
  const load = await timed(async () => {
    network = new OrtNetwork(
      await ort.createSession(inlineModel(onnx), { freeDimensions: null }),
      ort.queue,
    );
  });
  const name = `wasm (${ort.build}), 1 thread, ${size} px`;
  const rows = await callRows(name, network, shape, card, isQuick ? 15 : 60);
  await network.release();
  return [{ name: `${name}: session`, value: load, unit: 'ms' }, ...rows];
}

async function allRows(): Promise<BenchRow[]> {
  const { card, onnx } = await fetchModel();
  return [...(await wasmRows(card, onnx)), ...(await gpuRows(ortBaseUrl, card, onnx, isQuick))];
}

Object.assign(globalThis, { benchRows: allRows() });
