import { createHash } from 'node:crypto';
import { assignTileFrame } from '@spatile/formats/tile/assign';
import { encodeFrame } from '@spatile/formats/tile/frame';
import {
  PROJECTION_WIDTH,
  PROSEG_PREPARATION,
  type ProsegPreparation,
  preparationTables,
  WINDOW_PIECE,
} from '@spatile/formats/tile/proseg';
import type { Handler } from '../../handler.ts';
import { cellCounts } from './cell-counts.ts';
import { densityHistogram } from './density.ts';
import { farFromCells } from './far.ts';
import { openSampler, type Sampler, workOf } from './sampler.ts';
import { type StartColumns, startColumns } from './start.ts';
import { prosegTask } from './task.ts';

/**
 * `assign.proseg.prepare`: what a pilot tells before the first iteration: the histogram of local densities, of every owned
 * cell its first size and a random projection of its profile (for the first clustering into components), what lies far from
 * every cell (for the start of the background), and the counts of all cells (for the kinds of the last rounds).
 * In: assign-tile with `meta.model`, `meta.settings`. Out: `PROSEG_PREPARATION` with the tables of `ProsegPreparation` and the piece
 * `window`, the tile as blocks take it.
 */
export const prepare: Handler = async (input, context) => {
  const task = prosegTask(input, false);
  const sampler = await openSampler(task, {
    stage: 'prepare',
    records: false,
    statistics: false,
    moveOutsideCore: true,
  });
  try {
    context.progress(0.5);
    const start = startColumns(task.tile, sampler.grid, sampler.observed);
    const preparation: ProsegPreparation = {
      densityHistogram: densityHistogram(sampler.grid, sampler.modelled, sampler.density),
      ...profiles(sampler, start),
      ...cellCounts(sampler, start),
      ...farFromCells(
        task.tile,
        task.model,
        sampler.grid,
        sampler.observed,
        sampler.source,
        sampler.modelled,
        start,
      ),
    };
    context.count(workOf(sampler));
    return {
      kind: PROSEG_PREPARATION,
      meta: { tile: task.tile.meta.tile },
      tables: preparationTables(preparation),
      pieces: { [WINDOW_PIECE]: encodeFrame(assignTileFrame(task.tile)) },
    };
  } finally {
    sampler.bound.release();
  }
};

function profiles(
  sampler: Sampler,
  start: StartColumns,
): Pick<ProsegPreparation, 'cell' | 'projection' | 'transcripts' | 'voxels'> {
  const { task, observed, source, grid, bound } = sampler;
  const { cells, transcripts } = task.tile;
  const { genes } = task.model;
  const count = cells.cell.length;
  const voxels = new Uint32Array(count + 1);
  for (const label of start.label) voxels[label]++;
  const total = new Uint32Array(count + 1);
  const byGene = new Float64Array(source.length);
  let used = 0;
  for (const i of source) {
    const column =
      Math.floor(observed.y[i] / grid.coarseFactor) * start.width +
      Math.floor(observed.x[i] / grid.coarseFactor);
    const label = start.label[column];
    if (label === 0 || cells.owned[label - 1] === 0) continue;
    total[label]++;
    byGene[used++] = label * genes + transcripts.gene[i];
  }
  const kept = Array.from(cells.cell.keys()).filter((c) => cells.owned[c] === 1 && voxels[c + 1] > 0);
  const projection = new Float32Array(kept.length * PROJECTION_WIDTH);
  const slot = new Int32Array(count + 1).fill(-1);
  kept.forEach((c, k) => {
    slot[c + 1] = k;
  });
  const directions = projectionMatrix(genes, task.tile.meta.seed, bound.kernel.normalQuantile);
  const sorted = byGene.subarray(0, used).sort();
  for (let i = 0; i < used; ) {
    const key = sorted[i];
    let n = 0;
    for (; i < used && sorted[i] === key; i++) n++;
    const label = Math.floor(key / genes);
    const gene = key - label * genes;
    const value = bound.kernel.ln(1 + (100 * n) / total[label]);
    for (let k = 0; k < PROJECTION_WIDTH; k++)
      projection[slot[label] * PROJECTION_WIDTH + k] += value * directions[gene * PROJECTION_WIDTH + k];
  }
  return {
    cell: Uint32Array.from(kept, (c) => cells.cell[c]),
    projection,
    transcripts: Uint32Array.from(kept, (c) => total[c + 1]),
    voxels: Uint32Array.from(kept, (c) => voxels[c + 1] * grid.layers),
  };
}

/** genes x PROJECTION_WIDTH standard normals over the root of the width: a function of the run's seed alone. */
function projectionMatrix(genes: number, seed: number, normalQuantile: (p: number) => number): Float64Array {
  const out = new Float64Array(genes * PROJECTION_WIDTH);
  const scale = 1 / Math.sqrt(PROJECTION_WIDTH);
  for (let g = 0; g < genes; g++) {
    for (let k = 0; k < PROJECTION_WIDTH; k += 8) {
      const words = createHash('sha256').update(`proseg|projection|${seed}|${g}|${k}`).digest();
      for (let w = 0; w < 8 && k + w < PROJECTION_WIDTH; w++) {
        out[g * PROJECTION_WIDTH + k + w] =
          scale * normalQuantile((words.readUInt32LE(4 * w) + 0.5) * 2 ** -32);
      }
    }
  }
  return out;
}
