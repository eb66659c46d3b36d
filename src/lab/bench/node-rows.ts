/** onnxruntime-node through our loop: the bare call, the transition, and what lies between. */
import { cpus } from 'node:os';
import { readFile } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import type { ModelCard } from '../../protocol/model-card.js';
import { OrtNetwork } from '../../engine/ort-network.js';
import { sessionOptions } from '../../engine/session-options.js';
import { benchState, callRows, fillRow } from './bench-walk.js';
import { timed, type BenchRow } from './rows.js';

async function rowsAt(
  size: number,
  threads: number,
  onnx: Uint8Array,
  card: ModelCard,
  rounds: number,
): Promise<BenchRow[]> {
  const session = await InferenceSession.create(onnx, sessionOptions(threads));
  const network = new OrtNetwork(session);
  const name = `node, ${threads} thread${threads > 1 ? 's' : ''}, ${size} px`;
  const rows = await callRows(name, network, [1, 3, size, size], card, rounds);
  await network.release();
  return rows;
}

/** The time of a fill when one, two or four are made at once. */
async function batchRows(
  threads: number,
  onnx: Uint8Array,
  card: ModelCard,
  isQuick: boolean,
): Promise<BenchRow[]> {
  const session = await InferenceSession.create(onnx, sessionOptions(threads));
  const network = new OrtNetwork(session);
  const rows: BenchRow[] = [];
  for (const batch of [1, 2, 4]) {
    const { state, call } = benchState(network, [batch, 3, 64, 64], card);
    await network.predict(call);
    const name = `node, ${threads} threads, 64 px, batch ${batch}`;
    rows.push(await fillRow(name, card, state, isQuick));
  }
  await network.release();
  return rows;
}

/** Measures a built model in this process. `modelFolder` holds model.json and model.onnx. */
export async function nodeRows(
  modelFolder: string,
  card: ModelCard,
  isQuick: boolean,
): Promise<BenchRow[]> {
  const onnx = new Uint8Array(await readFile(`${modelFolder}/model.onnx`));
  const load = await timed(async () => (await InferenceSession.create(onnx)).release());
  const rows: BenchRow[] = [{ name: 'node: session', value: load, unit: 'ms' }];
  const threadCounts = [...new Set([1, cpus().length])];
  for (const threads of threadCounts) {
    for (const [size, rounds] of isQuick
      ? [[64, 40] as const]
      : [[64, 200] as const, [128, 60] as const]) {
      rows.push(...(await rowsAt(size, threads, onnx, card, rounds)));
    }
  }
  rows.push(...(await batchRows(cpus().length, onnx, card, isQuick)));
  rows.push({
    name: 'node: peak memory',
    value: process.resourceUsage().maxRSS / 1024,
    unit: 'MB',
  });
  return rows;
}
