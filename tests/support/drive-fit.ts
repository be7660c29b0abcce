import { type FitInput, fitProseg } from '@spatile/coordinator/assign/proseg/fit';
import type { ProsegModel } from '@spatile/coordinator/assign/proseg/model';
import { type AssignTile, assignTileFrame } from '@spatile/formats/tile/assign';
import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { prosegHandlers } from '@spatile/worker/assign/proseg/handlers';

const quiet = { progress: () => undefined, count: () => undefined };

/** Runs one task as a worker would: the frame is encoded and decoded on the way in and out. */
export async function runTask(kind: string, frame: Frame): Promise<Frame> {
  const out = await prosegHandlers[kind](decodeFrame(encodeFrame(frame), frame.kind), quiet);
  return decodeFrame(encodeFrame(out), out.kind);
}

/** Drives the fit with the real worker tasks, in this process. Tiles finish in the order of `tiles`. */
export async function driveFit(
  input: Omit<FitInput, 'pilots'>,
  tiles: readonly AssignTile[],
): Promise<ProsegModel> {
  const byId = new Map(tiles.map((tile) => [tile.meta.tile, tile]));
  const fit = fitProseg({ ...input, pilots: tiles.map(({ meta }) => meta.tile) });
  let step = await fit.next();
  while (!step.done) {
    const results = new Map<string, Frame>();
    for (const id of byId.keys()) {
      const { kind, ...extras } = step.value.tasks.find((task) => task.tile === id)!;
      results.set(id, await runTask(kind, assignTileFrame(byId.get(id)!, extras)));
    }
    step = await fit.next(results);
  }
  return step.value;
}

/** Transcripts of each gene in the cores of tiles. */
export function geneTotals(tiles: readonly AssignTile[], genes: number): Float64Array {
  const totals = new Float64Array(genes);
  for (const { meta, transcripts } of tiles) {
    const { x0, y0, x1, y1 } = meta.core;
    transcripts.gene.forEach((gene, i) => {
      const x = transcripts.x[i];
      const y = transcripts.y[i];
      if (x >= x0 && x < x1 && y >= y0 && y < y1) totals[gene]++;
    });
  }
  return totals;
}
