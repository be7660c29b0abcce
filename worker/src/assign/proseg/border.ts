import { SpatileError } from '@spatile/formats/errors';
import { ASSIGN_RESULT, type AssignResult } from '@spatile/formats/tile/assign';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { borderOutcomeFrame, OUTCOME_PIECE, SAMPLED_PIECE, sampledFrame } from '@spatile/formats/tile/parts';
import type { BorderState, ProsegSchedule } from '@spatile/formats/tile/proseg';
import type { Handler, HandlerContext } from '../../handler.ts';
import { firstLoadings } from './iterate.ts';
import { type Displacements, enterLabels, type LabelVolume, writePlaces } from './labels.ts';
import { refine } from './refine.ts';
import { assignResult } from './result.ts';
import { openSampler, type Sampler, workOf, writeLoadings } from './sampler.ts';
import { recordedOf, runFine } from './schedule.ts';
import { borderState } from './settle/border-state.ts';
import { localIndex, startColumns } from './start.ts';
import { type ProsegTask, prosegTask } from './task.ts';
import { Watch } from './watch.ts';

/**
 * `assign.proseg.border`: what `sampleBorder` does, from the results of the tiles and units around (`meta.sources`).
 * In: as `assign.proseg`, with `meta.sources` and the pieces it names. Out: assign-result of the active cells, in pieces.
 */
export const border: Handler = async (input, context) => {
  const task = prosegTask(input, true);
  const state = borderState(input, task.tile, task.model.voxelUm);
  const { result, active } = await sampleBorder(task, input.meta.schedule as ProsegSchedule, state, context);
  const pieces = {
    [OUTCOME_PIECE]: encodeFrame(borderOutcomeFrame(result, active)),
    [SAMPLED_PIECE]: encodeFrame(sampledFrame(result)),
  };
  return { kind: ASSIGN_RESULT, meta: { ...result.meta }, tables: {}, pieces };
};

/**
 * Samples a strip along tile borders again, with the true neighbours there. Starts from the settled
 * state; only voxels of active cells and of the background may change hands, and only transcripts observed in the strip
 * (the tile's core) are repositioned and claimed.
 * @returns what it says of the active cells, and which they are and whose.
 */
export async function sampleBorder(
  task: ProsegTask,
  schedule: ProsegSchedule,
  state: BorderState,
  context: HandlerContext,
): Promise<{ result: AssignResult; active: { cell: Uint32Array; tile: Uint32Array } }> {
  checkState(state, task);
  const cells = union(task.tile.cells.cell, state.cells.cell);
  const sampler = await openSampler(task, {
    stage: 'border',
    records: true,
    statistics: false,
    pointLoadings: schedule.loadings === 'point',
    cells,
    moveOutsideCore: false,
  });
  try {
    const active = loadState(sampler, state);
    firstLoadings(sampler);
    const progress = { context, done: 0, total: schedule.fineIterations + schedule.hillClimbIterations };
    const watch = new Watch(sampler, recordedOf(schedule));
    await runFine(sampler, schedule, 0, watch, progress);
    refine(sampler, task.settings.refine, recordedOf(schedule));
    context.count(workOf(sampler));
    return {
      result: assignResult(sampler, schedule, { reported: active, claimsOutsideCore: false, watch }),
      active: {
        cell: state.cells.cell.filter((_, i) => state.cells.active[i] === 1),
        tile: state.cells.tile.filter((_, i) => state.cells.active[i] === 1),
      },
    };
  } finally {
    sampler.bound.release();
  }
}

function checkState(state: BorderState, { tile, model }: ProsegTask): void {
  const corrupt = (what: string): SpatileError =>
    new SpatileError(
      'RUN_CORRUPT',
      `border ${tile.meta.tile}: the settled state does not fit (${what}); expected the state of this region; delete the run directory and start again`,
    );
  if (state.transcripts.cell.length !== tile.transcripts.row.length)
    throw corrupt(`${state.transcripts.cell.length} verdicts`);
  const width = model.privateGenes + model.factors;
  if (state.loadings.value.length !== state.cells.cell.length * width)
    throw corrupt(`${state.loadings.value.length} loadings`);
}

/** Union of two ascending lists. */
function union(a: Uint32Array, b: Uint32Array): Uint32Array {
  return Uint32Array.from(new Set([...a, ...b])).sort();
}

/** Labels, places, components and loadings of the settled state. Returns the active local cells (1 = active). */
function loadState(sampler: Sampler, state: BorderState): Uint8Array {
  const { arrays, cells, source } = sampler;
  const local = localIndex(cells);
  const locals = Uint32Array.from(state.cells.cell, local);
  const active = new Uint8Array(cells.length + 1);
  arrays.frozen.fill(1, 1);
  locals.forEach((c, i) => {
    active[c] = state.cells.active[i];
    arrays.frozen[c] = 1 - active[c];
    arrays.component[c] = state.cells.component[i];
  });
  const prior = startColumns(sampler.task.tile, sampler.grid, sampler.observed);
  const listed = Uint16Array.from(sampler.task.tile.cells.cell, local);
  prior.priorLabel.forEach((cell, at) => {
    if (cell > 0) prior.priorLabel[at] = listed[cell - 1];
  });
  enterLabels(sampler, settledLabels(sampler, state, local), prior);
  writeLoadings(sampler, locals, state.loadings.value);
  const { dx, dy, dl } = state.transcripts;
  const ordered = (axis: Int8Array): Int8Array => Int8Array.from(source, (i) => axis[i]);
  const places: Displacements = { dx: ordered(dx), dy: ordered(dy), dl: ordered(dl) };
  writePlaces(sampler, places);
  return active;
}

/**
 * Fine labels from the settled runs. A voxel claimed twice goes to the cell whose owner tile's core holds its centre, else to
 * the lower cell; a cell that would lose its last voxel so keeps the first voxel of its first run.
 */
function settledLabels(
  { grid, cells: { length: known } }: Sampler,
  state: BorderState,
  local: (cell: number) => number,
): LabelVolume {
  const { runs, cells, cores } = state;
  const label = new Uint16Array(grid.width * grid.height * grid.layers);
  const home = homesOf(cells, cores, local, known + 1);
  const holds = (cell: number, x: number, y: number): boolean => {
    const core = home[cell];
    if (core < 0) return false;
    const cx = grid.originUm[0] + (x + grid.firstColumn + 0.5) * grid.voxelUm;
    const cy = grid.originUm[1] + (y + grid.firstRow + 0.5) * grid.voxelUm;
    return cx >= cores.x0[core] && cx < cores.x1[core] && cy >= cores.y0[core] && cy < cores.y1[core];
  };
  const size = new Uint32Array(home.length);
  const first = new Float64Array(home.length).fill(-1);
  for (let r = 0; r < runs.cell.length; r++) {
    const cell = local(runs.cell[r]);
    const y = runs.y[r] - grid.firstRow;
    if (cell === 0 || y < 0 || y >= grid.height || runs.layer[r] >= grid.layers) continue;
    const from = Math.max(0, runs.x[r] - grid.firstColumn);
    const to = Math.min(grid.width, runs.x[r] - grid.firstColumn + runs.length[r]);
    for (let x = from; x < to; x++) {
      const at = (runs.layer[r] * grid.height + y) * grid.width + x;
      if (first[cell] < 0) first[cell] = at;
      const held = label[at];
      if (held !== 0 && (holds(held, x, y) || (!holds(cell, x, y) && held < cell))) continue;
      if (held !== 0) size[held]--;
      label[at] = cell;
      size[cell]++;
    }
  }
  for (let cell = 1; cell < size.length; cell++) {
    if (size[cell] > 0 || first[cell] < 0 || size[label[first[cell]]] < 2) continue;
    size[label[first[cell]]]--;
    label[first[cell]] = cell;
    size[cell] = 1;
  }
  return { edge: 1, label };
}

/** Index in `cores` of the owner tile of every local cell; -1 when unknown. */
function homesOf(
  cells: BorderState['cells'],
  cores: BorderState['cores'],
  local: (cell: number) => number,
  count: number,
): Int32Array {
  const home = new Int32Array(count).fill(-1);
  cells.cell.forEach((cell, i) => {
    home[local(cell)] = cores.tile.indexOf(cells.tile[i]);
  });
  return home;
}
