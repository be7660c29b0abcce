import { SpatileError } from '../errors.ts';
import {
  encodeModel,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
} from './wire.ts';

/** A value of a graph: its name, its shape (all sizes known), and whether a gradient may flow into it. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly differentiable: boolean;
}

/** How a gradient passes through one operation: from that of its result to those of its operands (null: none). */
export type Pull = (gradient: Tensor) => (Tensor | null)[];

export interface TapeEntry {
  operands: readonly Tensor[];
  result: Tensor;
  pull: Pull;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * An ONNX graph under construction. Operations add nodes and note on a tape how gradients pass back; all shapes are known
 * when the graph is made, so mistakes show then and not when it runs.
 */
export class Graph {
  readonly type: 'float32' | 'float64';
  readonly tape: TapeEntry[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: OnnxTensor[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #scalars = new Map<number, Tensor>();
  #names = 0;

  /** float64 is for checks of gradients: not every operation has a kernel in it. */
  constructor(type: 'float32' | 'float64' = 'float32') {
    this.type = type;
  }

  /** A value that is fed at each run. */
  input(name: string, shape: readonly number[], differentiable = false): Tensor {
    this.#inputs.push({ name, type: this.type, shape });
    return { name, shape, differentiable };
  }

  /** A fixed value. `values` are as many as the shape holds. */
  constant(shape: readonly number[], values: ArrayLike<number>): Tensor {
    if (values.length !== sizeOf(shape))
      throw mistake(`constant of ${values.length} values for the shape [${shape}]`);
    const kept = this.type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    return this.#keep(this.type, shape, kept);
  }

  /** A fixed number; one node for each number. */
  scalar(value: number): Tensor {
    let kept = this.#scalars.get(value);
    if (kept === undefined) {
      kept = this.constant([], [value]);
      this.#scalars.set(value, kept);
    }
    return kept;
  }

  /** Sizes, axes and the like. */
  integers(values: readonly number[]): Tensor {
    return this.#keep('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Gives a value to whoever runs the graph, under this name. */
  output(name: string, value: Tensor): void {
    this.#nodes.push({ op: 'Identity', inputs: [value.name], outputs: [name], attributes: {} });
    this.#outputs.push({ name, type: this.type, shape: value.shape });
  }

  /** Adds a node that no gradient passes. */
  node(
    op: string,
    inputs: readonly Tensor[],
    shape: readonly number[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): Tensor {
    return this.nodes(op, inputs, [shape], attributes)[0];
  }

  /** A node with several results. */
  nodes(
    op: string,
    inputs: readonly Tensor[],
    shapes: readonly (readonly number[])[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): Tensor[] {
    const results = shapes.map((shape) => ({ name: this.#name(op), shape, differentiable: false }));
    this.#nodes.push({
      op,
      inputs: inputs.map(({ name }) => name),
      outputs: results.map(({ name }) => name),
      attributes,
    });
    return results;
  }

  /** Notes how gradients pass from a result to what it was made of; the result again, as differentiable as those are. */
  passing(result: Tensor, operands: readonly Tensor[], pull: Pull): Tensor {
    if (!operands.some(({ differentiable }) => differentiable)) return result;
    const marked = { ...result, differentiable: true };
    this.tape.push({ operands, result: marked, pull });
    return marked;
  }

  /** The graph as the bytes of an ONNX file. */
  bytes(): Uint8Array<ArrayBuffer> {
    return encodeModel({
      nodes: this.#nodes,
      constants: this.#constants,
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }

  #name(op: string): string {
    return `${op}_${this.#names++}`;
  }

  #keep(type: OnnxType, shape: readonly number[], values: OnnxTensor['values']): Tensor {
    const name = this.#name('constant');
    this.#constants.push({ name, type, shape, values });
    return { name, shape, differentiable: false };
  }
}

/** An error in the making of a graph. */
export const mistake = (what: string): SpatileError => new SpatileError('INTERNAL', `graph: ${what}`);
