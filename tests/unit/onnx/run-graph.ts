import type { Graph } from '@spatile/formats/onnx/graph';

export type Inputs = Record<string, { shape: readonly number[]; values: ArrayLike<number> }>;
export type Run = (inputs: Inputs) => Promise<Record<string, number[]>>;

/** Opens a graph: named inputs in, named outputs out. */
export async function openedGraph(graph: Graph): Promise<Run> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(graph.bytes(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const make = ({ shape, values }: Inputs[string]) =>
    graph.type === 'float32'
      ? new Tensor('float32', Float32Array.from(values), shape)
      : new Tensor('float64', Float64Array.from(values), shape);
  return async (inputs) => {
    const results = await session.run(
      Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, make(input)])),
    );
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float64Array)]),
    );
  };
}

/** Runs a graph once. */
export const runGraph = async (graph: Graph, inputs: Inputs): ReturnType<Run> =>
  (await openedGraph(graph))(inputs);
