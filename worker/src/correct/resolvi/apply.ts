import { countedFrame } from '@spatile/formats/tile/correct';
import { encodedFrame, readAttributeInput, readEncodeInput } from '@spatile/formats/tile/resolvi';
import type { Handler } from '../../handler.ts';
import { exactPart } from '../split/purify.ts';
import { attributeGraph, encodeGraph } from './apply-graphs.ts';
import { CellCounts } from './counts.ts';
import { type Fed, type OpenGraph, openGraph } from './runtime.ts';

/** Cells of a run of the graphs: bounds their memory, changes nothing of the result but rounding. */
const BATCH = 128;

/** States, shares and labels of a block of cells by a trained ResolVI. */
export const encodeResolvi: Handler = async (frame) => {
  const { size, provider, parameters, cells } = readEncodeInput(frame);
  const counts = new CellCounts(cells);
  const n = cells.length.length;
  const out = {
    state: new Float32Array(n * size.latent),
    shares: new Float32Array(n * 3),
    labels: new Float32Array(size.supervised ? n * size.components : 0),
  };
  const dense = fed([BATCH, size.genes]);
  const relative = fed([BATCH, size.genes]);
  await withGraph(encodeGraph(size, BATCH), provider, async (graph) => {
    for (let from = 0; from < n; from += BATCH) {
      dense.data.fill(0);
      relative.data.fill(0);
      for (let i = 0; i < BATCH && from + i < n; i++) {
        counts.into(dense.data, i * size.genes, from + i, 1);
        counts.into(relative.data, i * size.genes, from + i, counts.relative(from + i, size.genes));
      }
      const results = await graph.run({
        packed: { data: parameters, shape: [parameters.length] },
        counts: dense,
        relative,
      });
      for (const [name, values] of Object.entries(out)) {
        const width = values.length / n;
        if (width > 0) values.set(results[name].subarray(0, Math.min(BATCH, n - from) * width), from * width);
      }
    }
  });
  return encodedFrame(out);
};

/** Counts of a block of cells less what neighbours and background are expected to have brought. */
export const attributeResolvi: Handler = async (frame, context) => {
  const input = readAttributeInput(frame);
  const { size, provider, parameters, cells, used } = input;
  const counts = new CellCounts(cells);
  const n = cells.length.length;
  const corrected = Float32Array.from(cells.count);
  const { latent, neighbours } = size;
  await withGraph(attributeGraph(size, BATCH), provider, async (graph) => {
    for (let from = 0; from < n; from += BATCH) {
      const cut = (values: Float32Array, width: number, shape: readonly number[]): Fed => {
        const data = new Float32Array(BATCH * width);
        data.set(values.subarray(from * width, Math.min(n, from + BATCH) * width));
        return { data, shape };
      };
      const distance = cut(input.distance, neighbours, [BATCH, neighbours]);
      for (let i = 0; i < distance.data.length; i++) distance.data[i] /= input.medianDistance;
      const { own } = await graph.run({
        packed: { data: parameters, shape: [parameters.length] },
        state: cut(input.state, latent, [BATCH, latent]),
        neighbourState: cut(input.neighbourState, neighbours * latent, [BATCH * neighbours, latent]),
        shares: cut(input.shares, 3, [BATCH, 3]),
        distance,
        logits: cut(input.logit, neighbours, [BATCH, neighbours]),
      });
      for (let i = 0; i < BATCH && from + i < n; i++) {
        if (used[from + i] === 0) continue;
        for (let e = counts.start[from + i]; e < counts.start[from + i + 1]; e++)
          corrected[e] = exactPart(cells.count[e], own[i * size.genes + cells.gene[e]]);
      }
    }
  });
  context.count({ cellsPurified: used.reduce((sum, one) => sum + one, 0) });
  const none = { length: new Uint32Array(n), gene: new Uint32Array(0), value: new Float32Array(0) };
  return countedFrame({ corrected, received: none });
};

const fed = (shape: readonly number[]): Fed => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  shape,
});

async function withGraph(
  bytes: Uint8Array<ArrayBuffer>,
  provider: 'cpu' | 'cuda',
  use: (graph: OpenGraph) => Promise<void>,
): Promise<void> {
  const graph = await openGraph(bytes, provider);
  try {
    await use(graph);
  } finally {
    await graph.close();
  }
}
