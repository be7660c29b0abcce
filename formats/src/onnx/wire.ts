import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Element types of ONNX tensors that graphs here use, by their number in the format. */
export const ONNX_TYPES = { float32: 1, int64: 7, float64: 11 } as const;
export type OnnxType = keyof typeof ONNX_TYPES;

export interface OnnxTensor {
  name: string;
  type: OnnxType;
  shape: readonly number[];
  values: Float32Array | Float64Array | BigInt64Array;
}

export type OnnxAttribute = number | { int: number } | readonly number[];

export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Plain numbers are floats; `{ int }` and lists are integers. */
  attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  name: string;
  type: OnnxType;
  shape: readonly number[];
}

export interface OnnxModel {
  nodes: readonly OnnxNode[];
  constants: readonly OnnxTensor[];
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
}

/** Version of the format and of its set of operators; both are read by every runtime of the last years. */
const IR_VERSION = 8;
const OPSET = 18;

/**
 * A model as the bytes of an ONNX file (messages `ModelProto`, `GraphProto`, ... of onnx.proto, field numbers from there).
 * A pure function of its argument.
 */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter();
  intField(out, 1, IR_VERSION);
  textField(out, 2, 'spatile');
  message(out, 7, (graph) => graphProto(graph, model));
  message(out, 8, (opset) => intField(opset, 2, OPSET));
  return out.finish();
}

function graphProto(out: BinaryWriter, { nodes, constants, inputs, outputs }: OnnxModel): void {
  for (const node of nodes) message(out, 1, (proto) => nodeProto(proto, node));
  textField(out, 2, 'graph');
  for (const tensor of constants) message(out, 5, (proto) => tensorProto(proto, tensor));
  for (const value of inputs) message(out, 11, (proto) => valueProto(proto, value));
  for (const value of outputs) message(out, 12, (proto) => valueProto(proto, value));
}

function nodeProto(out: BinaryWriter, { op, inputs, outputs, attributes }: OnnxNode): void {
  for (const name of inputs) textField(out, 1, name);
  for (const name of outputs) textField(out, 2, name);
  textField(out, 4, op);
  for (const [name, value] of Object.entries(attributes))
    message(out, 5, (proto) => attributeProto(proto, name, value));
}

/** Numbers of `AttributeProto.AttributeType`. */
const FLOAT = 1;
const INT = 2;
const INTS = 7;

function attributeProto(out: BinaryWriter, name: string, value: OnnxAttribute): void {
  textField(out, 1, name);
  if (typeof value === 'number') {
    out.tag(2, WireType.Bit32).float(value);
    intField(out, 20, FLOAT);
  } else if ('int' in value) {
    intField(out, 3, value.int);
    intField(out, 20, INT);
  } else {
    for (const item of value) intField(out, 8, item);
    intField(out, 20, INTS);
  }
}

function tensorProto(out: BinaryWriter, { name, type, shape, values }: OnnxTensor): void {
  for (const size of shape) intField(out, 1, size);
  intField(out, 2, ONNX_TYPES[type]);
  textField(out, 8, name);
  out
    .tag(9, WireType.LengthDelimited)
    .bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function valueProto(out: BinaryWriter, { name, type, shape }: OnnxValue): void {
  textField(out, 1, name);
  message(out, 2, (typeProto) =>
    message(typeProto, 1, (tensor) => {
      intField(tensor, 1, ONNX_TYPES[type]);
      message(tensor, 2, (shapeProto) => {
        for (const size of shape) message(shapeProto, 1, (dimension) => intField(dimension, 1, size));
      });
    }),
  );
}

const intField = (out: BinaryWriter, field: number, value: number): BinaryWriter =>
  out.tag(field, WireType.Varint).int64(value);

const textField = (out: BinaryWriter, field: number, value: string): BinaryWriter =>
  out.tag(field, WireType.LengthDelimited).string(value);

function message(out: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  out.tag(field, WireType.LengthDelimited).fork();
  write(out);
  out.join();
}
