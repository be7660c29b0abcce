import { SpatileError } from '@spatile/formats/errors';
import { type Columns, encodeFrame, type Frame, openPiece } from '@spatile/formats/tile/frame';
import {
  CHAIN_PIECE,
  type FitBlock,
  type ModelFrame,
  PROSEG_CHAIN,
  PROSEG_STATISTICS,
  type ProsegStatistics,
  statisticsTables,
} from '@spatile/formats/tile/proseg';
import type { Handler } from '../../handler.ts';
import { modelledArea } from './density.ts';
import { firstExpression, moveLabels, rebucket, refresh, START_ITERATION } from './iterate.ts';
import {
  type Displacements,
  enterLabels,
  readLabels,
  readPlaces,
  refined,
  spread,
  voxelCount,
  writePlaces,
} from './labels.ts';
import { eachLatent, openSampler, readLoadings, type Sampler, workOf, writeLoadings } from './sampler.ts';
import { breathe } from './schedule.ts';
import { localIndex, type StartColumns, startColumns } from './start.ts';
import { prosegTask } from './task.ts';

/**
 * `assign.proseg.fit`: one block of a pilot chain given the current globals.
 * In: `meta.model`, `meta.settings`, `meta.block` (`FitBlock`), pieces `window` and `globals`, and either the piece `chain` of
 * the previous block or table `initial` (cell, component). Out: `PROSEG_STATISTICS` with `statistics.*` (sums over the last
 * `recorded` iterations) and the piece `chain`.
 */
export const fit: Handler = async (input, context) => {
  const task = prosegTask(input, true);
  const block = input.meta.block as FitBlock;
  const sampler = await openSampler(task, {
    stage: 'fit',
    records: false,
    statistics: true,
    moveOutsideCore: true,
  });
  try {
    const prior = startColumns(task.tile, sampler.grid, sampler.observed);
    resume(sampler, input, block, prior);
    const progress = { context, done: 0, total: block.iterations };
    for (let k = 0; k < block.iterations; k++) {
      iterate(sampler, block, k);
      await breathe(progress);
    }
    context.count(workOf(sampler));
    const statistics = statisticsOf(sampler, block);
    return {
      kind: PROSEG_STATISTICS,
      meta: { tile: task.tile.meta.tile, block: block.index },
      tables: statisticsTables(statistics),
      pieces: {
        [CHAIN_PIECE]: encodeFrame({ kind: PROSEG_CHAIN, meta: {}, tables: chainOf(sampler, block) }),
      },
    };
  } finally {
    sampler.bound.release();
  }
};

/** Label proposals per voxel at a boundary and iteration while fitting. */
const FIT_PROPOSALS_PER_VOXEL = 0.2;

function iterate(sampler: Sampler, block: FitBlock, k: number): void {
  const { kernel, tile } = sampler.bound;
  const iteration = block.firstIteration + k;
  const collect = k >= block.iterations - block.recorded;
  if (block.phase === 'fine') rebucket(sampler);
  if (block.phase !== 'parameters') moveLabels(sampler, iteration, FIT_PROPOSALS_PER_VOXEL, 1);
  refresh(sampler, iteration, block.phase === 'fine' && block.diffusion !== false);
  kernel.drawForeground(tile, iteration, collect);
  if (block.phase !== 'parameters') kernel.drawComponents(tile, iteration);
  if (collect) kernel.collectCells(tile, iteration, block.fixedDispersion);
  kernel.drawLoadings(tile, iteration);
}

/** Brings the sampler to where the previous block stopped, or to the start of the chain. */
function resume(sampler: Sampler, input: Frame, block: FitBlock, prior: StartColumns): void {
  const { grid, arrays, cells } = sampler;
  if (input.pieces?.[CHAIN_PIECE] === undefined) {
    enterLabels(sampler, spread(prior, grid.layers, grid.coarseFactor), prior);
    firstExpression(sampler, 'components');
    setComponents(sampler, input.tables.initial);
    sampler.bound.kernel.drawLoadings(sampler.bound.tile, START_ITERATION);
    return;
  }
  const chain = openPiece(input, CHAIN_PIECE, PROSEG_CHAIN).tables;
  const locals = Uint32Array.from(cells, (_, i) => i + 1);
  const label = chain.voxels.label as Uint16Array;
  const edge = label.length === voxelCount(sampler, grid.coarseFactor) ? grid.coarseFactor : 1;
  if (label.length !== voxelCount(sampler, edge)) throw misfit(sampler, 'labels', label.length);
  const carried = { edge, label };
  enterLabels(sampler, block.phase === 'fine' && edge > 1 ? refined(sampler, carried) : carried, prior);
  if (chain.cells.component.length !== cells.length)
    throw misfit(sampler, 'components', chain.cells.component.length);
  arrays.component.set(chain.cells.component as Uint16Array, 1);
  writeLoadings(sampler, locals, chain.loadings.value as Float32Array);
  if (chain.places !== undefined && sampler.edge === 1)
    writePlaces(sampler, chain.places as unknown as Displacements);
}

/** Components of the clustering, for the cells it knows; the others keep the one they drew. */
function setComponents({ arrays, cells }: Sampler, initial: Columns | undefined): void {
  if (initial === undefined) return;
  const local = localIndex(cells);
  initial.cell.forEach((cell: number | bigint, i: number) => {
    const c = local(Number(cell));
    if (c > 0) arrays.component[c] = Number(initial.component[i]);
  });
}

function chainOf(sampler: Sampler, block: FitBlock): Record<string, Columns> {
  const { cells, arrays } = sampler;
  const locals = Uint32Array.from(cells, (_, i) => i + 1);
  const chain: Record<string, Columns> = {
    voxels: { label: readLabels(sampler).label },
    cells: { component: arrays.component.slice(1) },
    loadings: { value: readLoadings(sampler, locals) },
  };
  if (block.phase === 'fine') chain.places = { ...readPlaces(sampler) };
  return chain;
}

function statisticsOf(sampler: Sampler, block: FitBlock): ProsegStatistics {
  const { arrays, bound, task, grid, modelled, densityBins } = sampler;
  const { model } = task;
  let counted = 0;
  for (const role of arrays.role) counted += role & 1;
  const area = modelledArea(grid, modelled, densityBins, model.densityBins);
  const compact = <T extends Uint32Array | BigInt64Array>(padded: T): T =>
    unpadded(padded, model, bound.integer('privateWidth'), bound.integer('latent'));
  return {
    x: arrays.statX.slice(),
    b: arrays.statB.slice(),
    a: area.map((columns) => columns * block.recorded),
    n: arrays.statN.slice(),
    h: arrays.statH.slice(),
    xt: compact(arrays.statXt),
    crt: compact(arrays.statCrt),
    omega: compact(arrays.statOmega),
    omegaLnV: compact(arrays.statOmegaLnV),
    logLikelihood: arrays.statLogLikelihood.slice(),
    transcripts: BigUint64Array.of(BigInt(counted * block.recorded)),
  };
}

/** T x padded latent to T x K'. */
function unpadded<T extends Uint32Array | BigInt64Array>(
  padded: T,
  model: ModelFrame,
  privateWidth: number,
  latent: number,
): T {
  const width = model.privateGenes + model.factors;
  const out = padded.slice(0, model.components * width) as T;
  eachLatent(model, privateWidth, (k, at) => {
    for (let t = 0; t < model.components; t++) out[t * width + k] = padded[t * latent + at];
  });
  return out;
}

function misfit(sampler: Sampler, what: string, found: number): SpatileError {
  return new SpatileError(
    'RUN_CORRUPT',
    `tile ${sampler.task.tile.meta.tile}: the chain does not fit the tile (${found} ${what}); expected the chain tables of this tile's previous block; delete the run directory and start again`,
  );
}
