/** Hands a network its weights by module path, and checks that each has the expected shape. */
import { CheckpointError, oddTypeError, type Checkpoint, type Tensor } from '../checkpoint.js';

/** Finds a tensor by its full name. A random source makes one up in the shape asked for. */
export interface TensorSource {
  find(name: string, shape: readonly number[]): Tensor | undefined;
  has(name: string): boolean;
}

/** The weights under one module path, as a module's `state_dict` names them. */
export class Weights {
  constructor(
    readonly source: TensorSource,
    readonly path = '',
  ) {}

  /** Goes down to a submodule: `weights.at('resnets.0')`. */
  at(name: string): Weights {
    return new Weights(this.source, this._full(name));
  }

  has(name: string): boolean {
    return this.source.has(this._full(name));
  }

  /**
   * Returns the tensor `name` of this module.
   * Throws: CheckpointError when it is missing or has another shape than the config implies.
   */
  tensor(name: string, shape: readonly number[]): Tensor {
    const full = this._full(name);
    const tensor = this.source.find(full, shape);
    if (!tensor) {
      throw new CheckpointError(
        `The checkpoint has no tensor ${full}, which its config asks for; ` +
          'check that the config belongs to this file.',
      );
    }
    if (String(tensor.shape) !== String(shape)) {
      throw new CheckpointError(
        `The tensor ${full} should be [${shape}] by the config and is [${tensor.shape}]; ` +
          'check that the config belongs to this file.',
      );
    }
    return tensor;
  }

  private _full(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

/** A checkpoint as a source of weights that remembers which of them a network took. */
export class CheckpointSource implements TensorSource {
  private readonly _taken = new Set<string>();

  constructor(readonly checkpoint: Checkpoint) {}

  find(name: string): Tensor | undefined {
    this._taken.add(name);
    const tensor = this.checkpoint.get(name);
    if (tensor?.oddType === undefined) return tensor;
    throw oddTypeError(name, tensor.oddType);
  }

  has(name: string): boolean {
    return this.checkpoint.has(name);
  }

  /**
   * Checks that the network took every tensor: what is left over means a wrong config, and a
   * wrong config makes garbage without any other sign.
   * Throws: CheckpointError naming one of those left over.
   */
  expectAllTaken(): void {
    const left = [...this.checkpoint.keys()].filter((name) => !this._taken.has(name));
    if (left.length === 0) return;
    throw new CheckpointError(
      `The config has no place for ${left.length} of the checkpoint's tensors, for example ` +
        `${left[0].slice(0, 100)}; check that the config belongs to this file.`,
    );
  }
}
