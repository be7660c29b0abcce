import { createHash } from 'node:crypto';
import {
  ASSIGN_TILE,
  type AssignResult,
  type AssignTile,
  assignTileFrame,
  CONTROL_GENE,
} from '@spatile/formats/tile/assign';
import type { Columns } from '@spatile/formats/tile/frame';
import { decodeFrame, encodeFrame, type Frame, openPiece } from '@spatile/formats/tile/frame';
import {
  type BorderState,
  CHAIN_PIECE,
  type FitBlock,
  GLOBALS_PIECE,
  globalsPiece,
  globalsTables,
  PROSEG_CHAIN,
  type ProsegSchedule,
  preparationFrom,
  statisticsFrom,
  WINDOW_PIECE,
} from '@spatile/formats/tile/proseg';
import { sampleBorder } from '@spatile/worker/assign/proseg/border';
import { prosegHandlers } from '@spatile/worker/assign/proseg/handlers';
import { prosegTask } from '@spatile/worker/assign/proseg/task';
import type { HandlerContext } from '@spatile/worker/handler';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../../support/settle.ts';
import { blockOf, SCHEDULE, SETTINGS, type SimulatedTile, simulateTile } from './simulated.ts';

const quiet = { progress: (): void => {}, count: (): void => {} };
const SHORT: ProsegSchedule = {
  ...SCHEDULE,
  coarseIterations: 30,
  fineIterations: 30,
  recordedIterations: 20,
  hillClimbIterations: 10,
};
const digest = (frame: Frame): string => createHash('sha256').update(encodeFrame(frame)).digest('hex');

const assignFrame = (s: SimulatedTile, schedule = SHORT, tables: Record<string, Columns> = {}): Frame =>
  assignTileFrame(s.tile, {
    meta: { model: s.model, settings: SETTINGS, schedule, bandUm: 12 },
    tables: { ...globalsTables(s.globals), ...tables },
  });

const fitFrame = (
  s: SimulatedTile,
  block: Partial<FitBlock>,
  { tables, pieces }: Partial<Pick<Frame, 'tables' | 'pieces'>>,
): Frame => ({
  kind: ASSIGN_TILE,
  meta: { model: s.model, settings: SETTINGS, block: blockOf(block) },
  tables: tables ?? {},
  pieces: {
    [WINDOW_PIECE]: encodeFrame(assignTileFrame(s.tile)),
    [GLOBALS_PIECE]: globalsPiece(s.globals),
    ...pieces,
  },
});

const inCore = ({ tile }: SimulatedTile, i: number): boolean => {
  const { x, y } = tile.transcripts;
  const { core } = tile.meta;
  return x[i] >= core.x0 && x[i] < core.x1 && y[i] >= core.y0 && y[i] < core.y1;
};

/** Checks what every assign-result must hold whatever the sampler did. */
function checkResult(s: SimulatedTile, result: AssignResult): void {
  const { claims, runs, cells, loadings } = result;
  const owned = new Set(s.tile.cells.cell.filter((_, i) => s.tile.cells.owned[i] === 1));
  const claimed = new Set(claims.row);
  expect(claimed.size).toBe(claims.row.length);
  s.tile.transcripts.row.forEach((row, i) => {
    if (inCore(s, i)) expect(claimed.has(row)).toBe(true);
  });
  claims.row.forEach((row, k) => {
    if (k > 0) expect(row).toBeGreaterThan(claims.row[k - 1]);
    if (!inCore(s, row)) expect(owned.has(claims.cell[k])).toBe(true);
    // A verdict for a cell of another tile is background here, sure of nothing.
    if (claims.cell[k] > 0) expect(claims.probability[k]).toBeGreaterThan(0);
    expect(claims.probability[k]).toBeGreaterThanOrEqual(0);
    expect(claims.probability[k]).toBeLessThanOrEqual(1);
  });
  const taken = new Set<string>();
  runs.cell.forEach((cell, k) => {
    expect(owned.has(cell)).toBe(true);
    for (let x = runs.x[k]; x < runs.x[k] + runs.length[k]; x++)
      taken.add(`${runs.layer[k]},${runs.y[k]},${x}`);
  });
  expect(taken.size).toBe(runs.length.reduce((sum, n) => sum + n, 0));
  expect([...new Set(runs.cell)]).toEqual([...cells.cell]);
  expect(cells.cell.length).toBe(owned.size);
  expect(loadings.value.length).toBe(cells.cell.length * (s.model.privateGenes + s.model.factors));
}

/** Share of the core's transcripts of owned cells that are in their cell; about cells of other tiles it has no say. */
const accuracy = (s: SimulatedTile, result: AssignResult): number => {
  const owned = new Set(s.tile.cells.cell.filter((_, i) => s.tile.cells.owned[i] === 1));
  let [right, all] = [0, 0];
  result.claims.row.forEach((row, k) => {
    if (!inCore(s, row) || !owned.has(s.truth[row])) return;
    all++;
    if (result.claims.cell[k] === s.truth[row]) right++;
  });
  return right / all;
};

describe('assign.proseg', () => {
  it('gives a whole, accurate and reproducible result', async () => {
    const s = simulateTile({ sizeUm: 60 });
    const frame = await prosegHandlers['assign.proseg'](assignFrame(s), quiet);
    const result = resultOf(decodeFrame(encodeFrame(frame), frame.kind));
    checkResult(s, result);
    expect(accuracy(s, result)).toBeGreaterThan(0.8);
    expect(digest(await prosegHandlers['assign.proseg'](assignFrame(s), quiet))).toBe(digest(frame));
    s.tile.meta.seed++;
    expect(digest(await prosegHandlers['assign.proseg'](assignFrame(s), quiet))).not.toBe(digest(frame));
  });

  it('works with factored genes and one layer', async () => {
    const s = simulateTile({
      sizeUm: 40,
      genes: 40,
      privateGenes: 10,
      factors: 6,
      layers: 1,
      densityBins: 1,
    });
    checkResult(s, resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet)));
  });

  it('controls take the label of the voxel they lie in and change nothing else', async () => {
    const s = simulateTile({ sizeUm: 40 });
    const plain = resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet));
    const n = s.tile.transcripts.row.length;
    const [x, y] = [s.tile.cells.seedX, s.tile.cells.seedY];
    const cell = s.tile.cells.owned.indexOf(1);
    addTranscript(s.tile, x[cell], y[cell], CONTROL_GENE);
    s.truth = Uint32Array.from([...s.truth, 0]);
    const result = resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet));
    const at = result.claims.row.indexOf(n);
    expect(result.claims.cell[at]).toBe(s.tile.cells.cell[cell]);
    expect(result.claims.probability[at]).toBe(1);
    expect(Array.from(result.claims.cell.subarray(0, at))).toEqual(Array.from(plain.claims.cell));
    expect(result.runs).toEqual(plain.runs);
  });

  it('moving the slide with its grid by whole voxels changes nothing', async () => {
    const s = simulateTile({ sizeUm: 40, haloUm: 16 });
    // Quarters of a micron: coordinates that single precision holds exactly before and after.
    const quarters = (v: Float32Array): Float32Array => v.map((um) => Math.floor(um * 4) / 4);
    s.tile.transcripts.x = quarters(s.tile.transcripts.x);
    s.tile.transcripts.y = quarters(s.tile.transcripts.y);
    const before = resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet));
    const [dx, dy] = [64, -128];
    const { meta, transcripts, cells, vertices } = s.tile;
    const moved = (rect: typeof meta.core) => ({
      x0: rect.x0 + dx,
      y0: rect.y0 + dy,
      x1: rect.x1 + dx,
      y1: rect.y1 + dy,
    });
    s.tile.meta = { ...meta, core: moved(meta.core), region: moved(meta.region), gridOriginUm: [dx, dy] };
    s.tile.transcripts = {
      ...transcripts,
      x: transcripts.x.map((x) => x + dx),
      y: transcripts.y.map((y) => y + dy),
    };
    s.tile.cells = { ...cells, seedX: cells.seedX.map((x) => x + dx), seedY: cells.seedY.map((y) => y + dy) };
    s.tile.vertices = { x: vertices.x.map((x) => x + dx), y: vertices.y.map((y) => y + dy) };
    expect(resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet))).toEqual(before);
  });

  it('a tile without transcripts or without cells gives an empty result, not an error', async () => {
    const s = simulateTile({ sizeUm: 20, haloUm: 10 });
    const { transcripts } = s.tile;
    const none = { ...s, tile: { ...s.tile, transcripts: mapColumns(transcripts, () => []) } as AssignTile };
    const empty = resultOf(await prosegHandlers['assign.proseg'](assignFrame(none), quiet));
    expect(empty.claims.row).toHaveLength(0);
    expect(empty.cells.cell.length).toBeGreaterThan(0);
    const bare = simulateTile({ sizeUm: 20, haloUm: 10 });
    bare.tile.cells = mapColumns(bare.tile.cells, () => []);
    bare.tile.rings = mapColumns(bare.tile.rings, () => []);
    const background = resultOf(await prosegHandlers['assign.proseg'](assignFrame(bare), quiet));
    expect(new Set(background.claims.cell)).toEqual(new Set([0]));
    expect(background.runs.cell).toHaveLength(0);
  });

  it('without repositioning nothing is displaced', async () => {
    const s = simulateTile({ sizeUm: 30, haloUm: 10 });
    const { claims } = resultOf(
      await prosegHandlers['assign.proseg'](assignFrame(s, { ...SHORT, diffusion: false }), quiet),
    );
    expect(new Set([...claims.dx, ...claims.dy, ...claims.dl])).toEqual(new Set([0]));
  });
});

function mapColumns<T extends object>(columns: T, values: () => number[]): T {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      (column as Float32Array).constructor === undefined
        ? column
        : Reflect.construct((column as Float32Array).constructor as Float32ArrayConstructor, [values()]),
    ]),
  ) as T;
}

function addTranscript(tile: AssignTile, x: number, y: number, gene: number): void {
  const { transcripts: t } = tile;
  tile.transcripts = {
    row: Uint32Array.from([...t.row, t.row.length]),
    x: Float32Array.from([...t.x, x]),
    y: Float32Array.from([...t.y, y]),
    z: Float32Array.from([...t.z, 5]),
    gene: Uint32Array.from([...t.gene, gene]),
    prior: Uint32Array.from([...t.prior, 0]),
    nuclear: Uint8Array.from([...t.nuclear, 0]),
  };
}

describe('assign.proseg.prepare', () => {
  it('tells densities and profiles of the owned cells', async () => {
    const s = simulateTile({ sizeUm: 60 });
    const frame = assignTileFrame(s.tile, {
      meta: { model: { ...s.model, densityCuts: [] }, settings: SETTINGS },
    });
    const result = await prosegHandlers['assign.proseg.prepare'](frame, quiet);
    const { densityHistogram, cell, projection, transcripts, voxels } = preparationFrom(result.tables);
    expect(densityHistogram.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0.9 * 60 * 60);
    expect(densityHistogram.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(60 * 60);
    expect([...cell]).toEqual([...s.tile.cells.cell.filter((_, i) => s.tile.cells.owned[i] === 1)]);
    expect(projection.length).toBe(cell.length * 25);
    expect(Math.min(...transcripts)).toBeGreaterThan(0);
    expect(voxels.every((n) => n > 0 && n % s.model.layers === 0)).toBe(true);
    // Mean density, in 1.57 transcripts per square micron and steps of 1/64.
    let [sum, count] = [0, 0];
    densityHistogram.forEach((n, bin) => {
      sum += n * ((bin + 0.5) / 64);
      count += n;
    });
    const perUm2 = s.tile.transcripts.row.filter((_, i) => inCore(s, i)).length / 3600;
    expect(Math.abs(sum / count / (2 * Math.PI * 0.25) / perUm2 - 1)).toBeLessThan(0.1);
  });
});

describe('assign.proseg.fit', () => {
  const total = (values: ArrayLike<number | bigint>): number =>
    Array.from(values).reduce<number>((sum, v) => sum + Number(v), 0);

  it('blocks that hand the chain on equal one long block', async () => {
    const s = simulateTile({ sizeUm: 40 });
    const initial = { cell: s.tile.cells.cell, component: new Uint16Array(s.tile.cells.cell.length) };
    const run = async (blocks: Partial<FitBlock>[]): Promise<Frame> => {
      let frame: Frame | undefined;
      for (const block of blocks) {
        const carried = frame === undefined ? { tables: { initial } } : { pieces: frame.pieces };
        frame = await prosegHandlers['assign.proseg.fit'](fitFrame(s, block, carried), quiet);
        frame = decodeFrame(encodeFrame(frame), frame.kind);
      }
      return frame!;
    };
    const one = await run([{ phase: 'parameters', iterations: 6, recorded: 1 }]);
    const two = await run([
      { phase: 'parameters', iterations: 3, recorded: 1 },
      { phase: 'parameters', firstIteration: 3, iterations: 3, recorded: 1 },
    ]);
    expect(statisticsFrom(two.tables)).toEqual(statisticsFrom(one.tables));
    const labels = (frame: Frame) => openPiece(frame, CHAIN_PIECE, PROSEG_CHAIN).tables.voxels;
    expect(labels(two)).toEqual(labels(one));
  });

  it('statistics add up: every core transcript is in B or in a cell, cells and areas are those of the core', async () => {
    const s = simulateTile({ sizeUm: 60, genes: 30, privateGenes: 20, factors: 4 });
    const core = s.tile.transcripts.row.filter((_, i) => inCore(s, i)).length;
    let pieces: Frame['pieces'];
    for (const [k, phase] of (['parameters', 'coarse', 'fine'] as const).entries()) {
      const fixedDispersion = phase !== 'fine';
      const block = { index: k, phase, firstIteration: 6 * k, iterations: 6, recorded: 3, fixedDispersion };
      const frame = await prosegHandlers['assign.proseg.fit'](fitFrame(s, block, { pieces }), quiet);
      const t = statisticsFrom(frame.tables);
      expect(total(t.transcripts)).toBe(3 * core);
      expect(total(t.b) + total(t.x)).toBeLessThanOrEqual(3 * core);
      expect(total(t.b)).toBeGreaterThan(0);
      expect(total(t.n)).toBe(3 * total(s.tile.cells.owned));
      expect(total(t.h)).toBe(total(t.n));
      expect(total(t.a)).toBeLessThanOrEqual(3 * 3600);
      expect(total(t.a)).toBeGreaterThan(3 * 3200);
      expect(total(t.xt)).toBeGreaterThan(core);
      expect(total(t.crt) > 0).toBe(!fixedDispersion);
      expect(total(t.omega) > 0).toBe(!fixedDispersion);
      expect(Number(t.logLikelihood[0])).toBeLessThan(0);
      if (phase === 'coarse') {
        // A coarse voxel counts as four.
        const odd = t.h.filter((_, i) => (i % 8192) % 4 !== 0);
        expect(total(odd)).toBe(0);
      }
      pieces = frame.pieces;
    }
  });

  it('refuses a chain of another tile', async () => {
    const s = simulateTile({ sizeUm: 40 });
    const frame = await prosegHandlers['assign.proseg.fit'](fitFrame(s, {}, {}), quiet);
    const other = simulateTile({ sizeUm: 44 });
    await expect(
      prosegHandlers['assign.proseg.fit'](fitFrame(other, {}, { pieces: frame.pieces }), quiet),
    ).rejects.toMatchObject({ code: 'RUN_CORRUPT' });
  });
});

describe('assign.proseg.border', () => {
  /** Settled state of a tile from its own result, with the cells whose seed lies left of the middle frozen. */
  function stateOf(s: SimulatedTile, result: AssignResult): { state: BorderState; frozen: Set<number> } {
    const n = s.tile.transcripts.row.length;
    const transcripts: BorderState['transcripts'] = {
      cell: new Uint32Array(n),
      probability: new Float32Array(n),
      dx: new Int8Array(n),
      dy: new Int8Array(n),
      dl: new Int8Array(n),
    };
    result.claims.row.forEach((row, k) => {
      for (const name of ['cell', 'probability', 'dx', 'dy', 'dl'] as const)
        transcripts[name][row] = result.claims[name][k];
    });
    const middle = (s.tile.meta.core.x0 + s.tile.meta.core.x1) / 2;
    const active = Uint8Array.from(result.cells.cell, (cell) =>
      s.tile.cells.seedX[cell - 1] < middle ? 0 : 1,
    );
    const frozen = new Set(result.cells.cell.filter((_, i) => active[i] === 0));
    const { core } = s.tile.meta;
    return {
      frozen,
      state: {
        transcripts,
        runs: result.runs,
        cells: { ...result.cells, active, tile: new Uint32Array(active.length) },
        loadings: result.loadings,
        cores: {
          tile: Uint32Array.of(0),
          x0: Float64Array.of(core.x0),
          y0: Float64Array.of(core.y0),
          x1: Float64Array.of(core.x1),
          y1: Float64Array.of(core.y1),
        },
      },
    };
  }

  it('claims the strip only, reports active cells only, and leaves frozen cells alone', async () => {
    const s = simulateTile({ sizeUm: 60 });
    const first = resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet));
    const { state, frozen } = stateOf(s, first);
    const { core } = s.tile.meta;
    const strip = { ...core, x0: core.x0 + 24, x1: core.x1 - 24 };
    s.tile.meta = { ...s.tile.meta, core: strip };
    const again = (context: HandlerContext) =>
      sampleBorder(prosegTask(assignFrame(s), true), SHORT, state, context);
    let work: Record<string, number> = {};
    const count = (done: Record<string, number>): void => {
      work = done;
    };
    const reply = await again({ ...quiet, count });
    const { result } = reply;
    const { repositionAcceptance } = result.meta.diagnostics;
    expect(repositionAcceptance).toBeCloseTo(work.placesAccepted / work.placeProposals, 12);
    expect(result.claims.row.every((row) => inCore(s, row))).toBe(true);
    expect(result.claims.row.length).toBe(s.tile.transcripts.row.filter((_, i) => inCore(s, i)).length);
    expect(result.cells.cell.length + frozen.size).toBe(first.cells.cell.length);
    expect(result.cells.cell.some((cell) => frozen.has(cell))).toBe(false);
    const voxels = (runs: AssignResult['runs'], wanted: (cell: number) => boolean): Set<string> => {
      const out = new Set<string>();
      runs.cell.forEach((cell, k) => {
        if (!wanted(cell)) return;
        for (let x = runs.x[k]; x < runs.x[k] + runs.length[k]; x++)
          out.add(`${runs.layer[k]},${runs.y[k]},${x}`);
      });
      return out;
    };
    const kept = voxels(first.runs, (cell) => frozen.has(cell));
    const now = voxels(result.runs, () => true);
    expect([...kept].some((voxel) => now.has(voxel))).toBe(false);
    expect(now).not.toEqual(voxels(first.runs, (cell) => !frozen.has(cell)));
    expect(await again(quiet)).toEqual(reply);
  });

  it('a voxel claimed twice goes to the cell whose tile holds its centre, else to the lower cell', async () => {
    const s = simulateTile({ sizeUm: 40 });
    const first = resultOf(await prosegHandlers['assign.proseg'](assignFrame(s), quiet));
    const { state } = stateOf(s, first);
    state.cells.active.fill(1);
    // No moves: what comes back is the settled state itself.
    const still = { ...SHORT, fineIterations: 1, hillClimbIterations: 0, proposalsPerPair: 0.000001 };
    const [a, b] = state.cells.cell;
    const run = state.runs.cell.indexOf(b);
    const doubled = {
      cell: Uint32Array.of(a),
      layer: state.runs.layer.slice(run, run + 1),
      y: state.runs.y.slice(run, run + 1),
      x: state.runs.x.slice(run, run + 1),
      length: state.runs.length.slice(run, run + 1),
    };
    const both = Object.fromEntries(
      Object.entries(state.runs).map(([name, column]) => {
        const extra = doubled[name as keyof typeof doubled];
        return [
          name,
          Reflect.construct(column.constructor as Float64ArrayConstructor, [[...extra, ...column]]),
        ];
      }),
    ) as unknown as BorderState['runs'];
    const voxelsOf = async (owners: { a: number; b: number }, x0: number): Promise<number> => {
      const tile = state.cells.tile.slice();
      tile[0] = owners.a;
      tile[1] = owners.b;
      const { core } = s.tile.meta;
      const cores = {
        tile: Uint32Array.of(0, 1),
        x0: Float64Array.of(x0, 1e6),
        y0: Float64Array.of(core.y0 - 50, 0),
        x1: Float64Array.of(1e5, 2e6),
        y1: Float64Array.of(1e5, 1),
      };
      const moved = { ...state, runs: both, cells: { ...state.cells, tile }, cores };
      const { result } = await sampleBorder(prosegTask(assignFrame(s), true), still, moved, quiet);
      const { runs } = result;
      return runs.length.filter((_, k) => runs.cell[k] === b).reduce((sum, n) => sum + n, 0);
    };
    const own = state.runs.length.filter((_, k) => state.runs.cell[k] === b).reduce((sum, n) => sum + n, 0);
    const lost = doubled.length[0];
    const close = (found: number, wanted: number): void =>
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1);
    close(await voxelsOf({ a: 1, b: 0 }, -1e5), own);
    close(await voxelsOf({ a: 0, b: 1 }, -1e5), own - lost);
    close(await voxelsOf({ a: 1, b: 1 }, -1e5), own - lost);
  });
});
