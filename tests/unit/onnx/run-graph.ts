import type { Graph } from '@spatile/formats/onnx/graph';

/** Runs a graph once: named inputs in, named outputs out. */
export async function runGraph(
  graph: Graph,
  inputs: Record<string, { shape: readonly number[]; values: ArrayLike<number> }>,
): Promise<Record<string, number[]>> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(graph.bytes(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const make = ({ shape, values }: { shape: readonly number[]; values: ArrayLike<number> }) =>
    graph.type === 'float32'
      ? new Tensor('float32', Float32Array.from(values), shape)
      : new Tensor('float64', Float64Array.from(values), shape);
  const results = await session.run(
    Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, make(input)])),
  );
  const out = Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float64Array)]),
  );
  await session.release();
  return out;
}
