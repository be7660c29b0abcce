import { rectContains } from '@spatile/formats/space';
import { type AssignResult, type ChainTrace, CONTROL_GENE } from '@spatile/formats/tile/assign';
import type { ProsegSchedule } from '@spatile/formats/tile/proseg';
import { diagnosticsOf } from './diagnostics.ts';
import { cellPosterior, expectedCounts } from './expected.ts';
import { readLabels, readPlaces } from './labels.ts';
import { readLoadings, type Sampler } from './sampler.ts';
import { recordedOf } from './schedule.ts';
import type { Watch } from './watch.ts';

const SLOTS = 3;

/** What a task reports on. */
export interface Report {
  /** 1 for local cells (index 0 is the background) whose voxels and loadings are reported. */
  reported: Uint8Array;
  /** Whether transcripts outside the core that lie in a reported cell are claimed. */
  claimsOutsideCore: boolean;
  watch: Watch;
}

/** The assign-result of a sampler that has finished, at the fine resolution. */
export function assignResult(sampler: Sampler, schedule: ProsegSchedule, report: Report): AssignResult {
  const { task, grid, cells, arrays } = sampler;
  const { model } = task;
  const span = model.z.highUm - model.z.lowUm;
  const locals = Uint32Array.from(cells, (_, i) => i + 1).filter(
    (c) => report.reported[c] === 1 && arrays.size[c] > 0,
  );
  const claims = claimsOf(sampler, schedule, report);
  const { label } = readLabels(sampler);
  const { watch } = report;
  return {
    meta: {
      tile: task.tile.meta.tile,
      method: 'proseg',
      voxelUm: model.voxelUm,
      layers: grid.layers,
      layerUm: task.tile.meta.hasZ ? span / grid.layers : 0,
      diagnostics: diagnosticsOf(sampler, watch),
    },
    claims,
    runs: runsOf(sampler, label, report.reported),
    cells: {
      cell: Uint32Array.from(locals, (c) => cells[c - 1]),
      component: Uint16Array.from(locals, (c) => arrays.component[c]),
    },
    loadings: { value: readLoadings(sampler, locals) },
    posterior: cellPosterior(sampler, watch, locals, label),
    expected: expectedCounts(sampler, recordedOf(schedule), locals),
    trace: traceOf(watch),
  };
}

/** Verdict of every transcript of the tile's table: local cell, share of the recorded samples. */
interface Verdicts {
  cell: Uint16Array;
  share: Float32Array;
}

/**
 * The cell (or background) each transcript spent most of the recorded samples in; ties to the background, then to the cell met
 * first. Controls take the label of the voxel they lie in.
 */
function verdictsOf({ arrays, bound, source, observed, task }: Sampler, recorded: number): Verdicts {
  const { gene } = task.tile.transcripts;
  const out: Verdicts = { cell: new Uint16Array(gene.length), share: new Float32Array(gene.length) };
  const { recordCell, recordWeight, recordBackground } = arrays;
  for (let i = 0; i < source.length; i++) {
    let most = recordBackground[i];
    let cell = 0;
    for (let slot = i * SLOTS; slot < (i + 1) * SLOTS; slot++) {
      if (recordWeight[slot] > most) [cell, most] = [recordCell[slot], recordWeight[slot]];
    }
    out.cell[source[i]] = cell;
    out.share[source[i]] = Math.min(1, Math.max(most / recorded, 1 / (recorded + 1)));
  }
  const stride = bound.integer('stride');
  const plane = bound.integer('plane');
  for (let i = 0; i < gene.length; i++) {
    if (gene[i] !== CONTROL_GENE) continue;
    out.cell[i] = arrays.label[observed.l[i] * plane + (observed.y[i] + 1) * stride + observed.x[i] + 1];
    out.share[i] = 1;
  }
  return out;
}

function claimsOf(sampler: Sampler, schedule: ProsegSchedule, report: Report): AssignResult['claims'] {
  const { task, source, cells } = sampler;
  const { transcripts, meta } = task.tile;
  const verdicts = verdictsOf(sampler, recordedOf(schedule));
  const places = readPlaces(sampler);
  const position = new Int32Array(transcripts.row.length).fill(-1);
  source.forEach((at, i) => {
    position[at] = i;
  });
  const claimed: number[] = [];
  for (let i = 0; i < position.length; i++) {
    const inCore = rectContains(meta.core, transcripts.x[i], transcripts.y[i]);
    if (inCore || (report.claimsOutsideCore && report.reported[verdicts.cell[i]] === 1)) claimed.push(i);
  }
  const moved = (axis: Int8Array): Int8Array =>
    Int8Array.from(claimed, (i) => (position[i] < 0 ? 0 : axis[position[i]]));
  return {
    row: Uint32Array.from(claimed, (i) => transcripts.row[i]),
    cell: Uint32Array.from(claimed, (i) => (verdicts.cell[i] === 0 ? 0 : cells[verdicts.cell[i] - 1])),
    probability: Float32Array.from(claimed, (i) => verdicts.share[i]),
    dx: moved(places.dx),
    dy: moved(places.dy),
    dl: moved(places.dl),
  };
}

/** Runs of the reported cells, sorted by (cell, layer, y, x). */
function runsOf({ grid, cells }: Sampler, label: Uint16Array, reported: Uint8Array): AssignResult['runs'] {
  const found: { cell: number[]; at: number[]; length: number[] } = { cell: [], at: [], length: [] };
  const rows = grid.height * grid.layers;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < grid.width; ) {
      const from = i;
      const cell = label[r * grid.width + i];
      while (i < grid.width && label[r * grid.width + i] === cell) i++;
      if (reported[cell] === 0) continue;
      found.cell.push(cell);
      found.at.push(r * grid.width + from);
      found.length.push(i - from);
    }
  }
  const order = groupedByCell(found.cell, cells.length + 1);
  const column = (at: number): number => at % grid.width;
  const row = (at: number): number => Math.floor(at / grid.width) % grid.height;
  const layer = (at: number): number => Math.floor(at / (grid.width * grid.height));
  return {
    cell: Uint32Array.from(order, (k) => cells[found.cell[k] - 1]),
    layer: Uint16Array.from(order, (k) => layer(found.at[k])),
    y: Int32Array.from(order, (k) => row(found.at[k]) + grid.firstRow),
    x: Int32Array.from(order, (k) => column(found.at[k]) + grid.firstColumn),
    length: Uint32Array.from(order, (k) => found.length[k]),
  };
}

/** Stable counting sort: positions ordered by cell. */
function groupedByCell(cell: readonly number[], cells: number): Uint32Array {
  const start = new Uint32Array(cells + 1);
  for (const c of cell) start[c + 1]++;
  for (let c = 0; c < cells; c++) start[c + 1] += start[c];
  const order = new Uint32Array(cell.length);
  cell.forEach((c, k) => {
    order[start[c]++] = k;
  });
  return order;
}

/** The trace with the foreground as a share of the core's transcripts. */
function traceOf({ trace, counted }: Watch): ChainTrace {
  return {
    iteration: Uint32Array.from(trace.iteration),
    phase: Uint8Array.from(trace.phase),
    logLikelihood: Float32Array.from(trace.logLikelihood),
    foreground: Float32Array.from(trace.foreground, (n) => n / Math.max(1, counted)),
    labelAcceptance: Float32Array.from(trace.labelAcceptance),
  };
}
