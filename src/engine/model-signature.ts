/**
 * The network contract as an ONNX session states it: `sample` [N,C,H,W], `timestep` [N] or scalar,
 * optional `class_label` [N], one output. Reads element types and ranks, so that a model with an
 * int64 or a float32 timestep both work.
 */
import type { InferenceSession } from 'onnxruntime-common';
import { RepaintError } from '../protocol/failure.js';

type ScalarType = 'float32' | 'int32' | 'int64';

/** How one of the per-image inputs is to be fed. */
export interface ScalarInput {
  readonly name: string;
  readonly type: ScalarType;
  /** False for a true scalar: one value for the whole batch. */
  readonly isPerImage: boolean;
}

export interface ModelSignature {
  readonly sample: string;
  readonly timestep: ScalarInput;
  /** null for an unconditional network. */
  readonly classLabel: ScalarInput | null;
  readonly output: string;
}

type Metadata = readonly InferenceSession.ValueMetadata[];

function scalarInput(inputs: Metadata, name: string): ScalarInput | null {
  const found = inputs.find((input) => input.name === name);
  if (!found?.isTensor) return null;
  if (found.type !== 'float32' && found.type !== 'int32' && found.type !== 'int64') {
    throw new RepaintError(
      'modelShape',
      `The model's input '${name}' has type ${found.type}; expected float32, int32 or int64.`,
    );
  }
  return { name, type: found.type, isPerImage: found.shape.length > 0 };
}

/**
 * Reads the signature of a session.
 * Throws: RepaintError modelShape when a required input is missing, has the wrong rank or type.
 */
export function readSignature(
  session: Pick<InferenceSession, 'inputMetadata' | 'outputNames'>,
): ModelSignature {
  const sample = session.inputMetadata.find((input) => input.name === 'sample');
  if (!sample?.isTensor || sample.type !== 'float32' || sample.shape.length !== 4) {
    const names = session.inputMetadata.map((input) => input.name).join(', ');
    throw new RepaintError(
      'modelShape',
      `The model must take 'sample' as float32 [N, C, H, W]; its inputs are: ${names}. Import the checkpoint again.`,
    );
  }
  const timestep = scalarInput(session.inputMetadata, 'timestep');
  if (!timestep) throw new RepaintError('modelShape', "The model has no input 'timestep'.");
  return {
    sample: 'sample',
    timestep,
    classLabel: scalarInput(session.inputMetadata, 'class_label'),
    output: session.outputNames[0],
  };
}
