/** The checkpoint room's rewriting for float16, as the engine takes it. */
import { halfPrecision } from '../checkpoint/onnx/half.js';
import { encodeModel } from '../checkpoint/onnx/proto.js';
import { readModel } from '../checkpoint/onnx/read-model.js';

/** Throws: CheckpointError for an operator that is not known to work in float16. */
export function toHalf(graph: Uint8Array): Uint8Array {
  const model = halfPrecision(readModel(graph));
  return encodeModel(model.graph, model);
}
