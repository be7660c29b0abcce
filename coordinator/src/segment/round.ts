import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { PixelRect } from '@spatile/formats/image/packed';
import { invertAffine, type RectUm } from '@spatile/formats/space';
import {
  type ChannelModel,
  SEGMENT_FIT_RESULT,
  SEGMENT_PAINT_RESULT,
  SEGMENT_RESULT,
  type SegmentResult,
  segmentFitResultFrom,
  segmentFitTileFrame,
  segmentPaintResultFrom,
  segmentPaintTileFrame,
  segmentResultFrom,
  segmentTileFrame,
} from '@spatile/formats/tile/segment';
import type { RoundRunner, RoundTask } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';
import { RingStore, SegmentedCells } from './cells.ts';
import { chooseFit } from './fit.ts';
import { type Grid, LATTICE_PX, regionOf, slideArea } from './grid.ts';
import { workerMemory } from './memory.ts';
import { channelModels, withLimits } from './model.ts';
import { paintInput } from './paint.ts';
import { type SettledUnit, settleUnits } from './settle.ts';
import type { SegmentSetup } from './setup.ts';
import { cutTiles, type SegmentPlanTile } from './tiles.ts';

export const FIT_ROUND = 'segment-fit';
export const SEGMENT_ROUND = 'segment';
export const PAINT_ROUND = 'segment-paint';
export const MODEL_FILE = 'segment.json';

/** Instances whose seed lies so far outside a core are reported too, microns. */
const SEAM_UM = 3;
/** The segmented area reaches so far beyond the transcripts, microns. */
const MARGIN_UM = 20;
/** Its outer edge, where there need be no transcripts: the margin and a bin of the scan. */
const AREA_EDGE_UM = MARGIN_UM + 16;
/** Points along an edge at which is asked whether the image covers the transcripts. */
const COVER_POINTS = 32;

export interface Segmented {
  method: string;
  imageName: string;
  /** Names of the planes. */
  channels: string[];
  pixelSizeUm: number;
  grid: Grid;
  models: ChannelModel[];
  haloUm: number;
  tiles: number;
  cells: SegmentedCells;
  diagnostics: Record<string, number>;
}

/** A plan of the stage: what is segmented, in which tiles. */
export interface SegmentPlan {
  region: PixelRect;
  tiles: SegmentPlanTile[];
  /** Share of the wanted area that the image covers. */
  covered: number;
}

/**
 * Plans the tiles of the segment stage. @param area that is wanted, microns; null takes the whole image.
 * Errors: `IMAGE_INVALID` when image and area do not overlap, `MEMORY_LIMIT` when not even small tiles fit a worker.
 */
export function planSegment(setup: SegmentSetup, area: RectUm | null, config: RunConfig): SegmentPlan {
  const { grid, image } = setup;
  const whole = { x0: 0, y0: 0, x1: grid.widthPx, y1: grid.heightPx };
  const region = area === null ? whole : regionOf(grid, area);
  if (region === null) throw apart(setup, area!);
  const haloPx = Math.ceil(setup.haloUm / grid.pixelSizeUm / LATTICE_PX) * LATTICE_PX;
  const edge = largestEdge(setup, haloPx, config);
  const size: [number, number] = [grid.widthPx, grid.heightPx];
  if (edge < LATTICE_PX * 4) {
    throw new SpatileError(
      'MEMORY_LIMIT',
      `segment: no tile of image ${image.name} with a halo of ${setup.haloUm.toFixed(0)} um fits a worker of ${mebibytes(config.plan.memoryPerWorker)} MiB (program, networks and blocks of the image take ${mebibytes(workerMemory(setup).fixedBytes)} MiB); expected room for at least 64 pixels; give more with --memory-per-worker or lower segment.haloUm`,
    );
  }
  return {
    region,
    tiles: cutTiles(region, size, edge, haloPx),
    covered: area === null ? 1 : coveredShare(grid, area),
  };
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** Share of a grid of points over the inner part of an area that lies in the image. */
function coveredShare({ toUm, widthPx, heightPx }: Grid, area: RectUm): number {
  const [a, b, c, d, e, f] = invertAffine(toUm);
  let inside = 0;
  for (let i = 0; i < COVER_POINTS ** 2; i++) {
    const along = (from: number, to: number, k: number): number =>
      from + AREA_EDGE_UM + ((to - from - 2 * AREA_EDGE_UM) * (k + 0.5)) / COVER_POINTS;
    const x = along(area.x0, area.x1, i % COVER_POINTS);
    const y = along(area.y0, area.y1, Math.floor(i / COVER_POINTS));
    const [column, row] = [a * x + b * y + c, d * x + e * y + f];
    if (column >= 0 && row >= 0 && column < widthPx && row < heightPx) inside++;
  }
  return inside / COVER_POINTS ** 2;
}

function apart({ image, grid }: SegmentSetup, area: RectUm): SpatileError {
  const [a, b, c, d, e, f] = grid.toUm;
  const [x, y] = [a * grid.widthPx + b * grid.heightPx + c, d * grid.widthPx + e * grid.heightPx + f];
  const text = (x0: number, x1: number, y0: number, y1: number): string =>
    `x ${x0.toFixed(0)} to ${x1.toFixed(0)}, y ${y0.toFixed(0)} to ${y1.toFixed(0)} um`;
  return new SpatileError(
    'IMAGE_INVALID',
    `image ${image.name}: it does not overlap the transcripts (image ${text(Math.min(c, x), Math.max(c, x), Math.min(f, y), Math.max(f, y))}; transcripts ${text(area.x0, area.x1, area.y0, area.y1)}); expected both in one frame; check the pixel size and place of the image`,
  );
}

/** Largest core, a multiple of the lattice, whose tile a worker can hold. */
function largestEdge(setup: SegmentSetup, haloPx: number, { plan, segment }: RunConfig): number {
  const { fixedBytes, bytesPerPixel } = workerMemory(setup);
  const pixels = Math.max(0, plan.memoryPerWorker - fixedBytes) / bytesPerPixel;
  const most = Math.floor(Math.sqrt(pixels)) - 2 * haloPx;
  return Math.floor(Math.min(most, segment.tileSizePx) / LATTICE_PX) * LATTICE_PX;
}

/** Extent that is segmented for transcripts within a rectangle. */
export const segmentArea = (extent: RectUm): RectUm => ({
  x0: extent.x0 - MARGIN_UM,
  y0: extent.y0 - MARGIN_UM,
  x1: extent.x1 + MARGIN_UM,
  y1: extent.y1 + MARGIN_UM,
});

/**
 * Segments a slide: learns its frozen numbers from pilot windows, segments all tiles, settles them and outlines the cells.
 * Errors: those of the rounds.
 */
export async function runSegment(
  setup: SegmentSetup,
  plan: SegmentPlan,
  config: RunConfig,
  store: RunStore,
  runner: RoundRunner,
): Promise<Segmented> {
  const models = await fitModels(setup, plan, config, store, runner);
  const { grid } = setup;
  await runner.run(
    SEGMENT_ROUND,
    'segmenting images',
    plan.tiles.map((tile) => segmentTask(setup, models, config, tile)),
  );
  const results: SegmentResult[] = [];
  for (const { id } of plan.tiles)
    results.push(segmentResultFrom(await runner.result(SEGMENT_ROUND, id, SEGMENT_RESULT)));
  const { units, diagnostics } = settleUnits(results, leastPixels(setup, config));
  const cells = await paintUnits(setup, plan, config, units, runner);
  return {
    method: setup.method,
    imageName: setup.image.name,
    channels: setup.channels.map((channel) => setup.image.channels[channel]),
    pixelSizeUm: grid.pixelSizeUm,
    grid,
    models,
    haloUm: setup.haloUm,
    tiles: plan.tiles.length,
    cells,
    diagnostics: {
      ...diagnostics,
      cutByHalo: results.reduce((sum, { meta }) => sum + (meta.diagnostics.cutByHalo ?? 0), 0),
    },
  };
}

async function fitModels(
  setup: SegmentSetup,
  plan: SegmentPlan,
  config: RunConfig,
  store: RunStore,
  runner: RoundRunner,
): Promise<ChannelModel[]> {
  if (await store.has(MODEL_FILE)) return store.readJson<ChannelModel[]>(MODEL_FILE);
  const pilots = chooseFit(setup, plan.region);
  await runner.run(
    FIT_ROUND,
    'looking at the image',
    pilots.windows.map((region, i) => fitTask(setup, pilots.grid, region, i)),
  );
  const samples: Float32Array[] = [];
  for (let i = 0; i < pilots.windows.length; i++)
    samples.push(
      segmentFitResultFrom(await runner.result(FIT_ROUND, pilotId(i), SEGMENT_FIT_RESULT)).samples.value,
    );
  const models = channelModels(samples, setup.channels.length, setup.main, setup.percentiles);
  if (config.segment.limits !== null)
    models[setup.main] = withLimits(models[setup.main], config.segment.limits);
  await store.putJson(MODEL_FILE, models);
  return models;
}

const pilotId = (i: number): string => `p${String(i).padStart(3, '0')}`;

const pixelsIn = ({ x0, y0, x1, y1 }: PixelRect): number => (x1 - x0) * (y1 - y0);

async function packed(setup: SegmentSetup, grid: Grid, region: PixelRect) {
  const { widthPx, heightPx } = setup.image.levels[grid.level];
  const window = {
    x0: region.x0 * grid.reduce,
    y0: region.y0 * grid.reduce,
    x1: Math.min(region.x1 * grid.reduce, widthPx),
    y1: Math.min(region.y1 * grid.reduce, heightPx),
  };
  const channels = [];
  for (const channel of setup.channels) channels.push(await setup.image.pack(grid.level, channel, window));
  return { levelPx: [widthPx, heightPx] as [number, number], reduce: grid.reduce, region, channels };
}

export function fitTask(setup: SegmentSetup, grid: Grid, region: PixelRect, i: number): RoundTask {
  const id = pilotId(i);
  return {
    id,
    kind: 'segment.fit',
    weight: pixelsIn(region),
    transcripts: 0,
    areaUm: slideArea(grid, region),
    input: async () => segmentFitTileFrame({ meta: { tile: id }, pixels: await packed(setup, grid, region) }),
  };
}

export function segmentTask(
  setup: SegmentSetup,
  models: ChannelModel[],
  config: RunConfig,
  { id, core, region }: SegmentPlanTile,
): RoundTask {
  const { grid } = setup;
  const { expandUm, interiorUm, minAreaUm2 } = config.segment;
  return {
    id,
    kind: 'segment.tile',
    weight: pixelsIn(region),
    transcripts: 0,
    areaUm: slideArea(grid, core),
    input: async () =>
      segmentTileFrame({
        meta: {
          tile: id,
          core,
          gridPx: [grid.widthPx, grid.heightPx],
          pixelSizeUm: grid.pixelSizeUm,
          models,
          instances: setup.instances,
          target: setup.target,
          cells: { expandUm, interiorUm, boundary: setup.boundary, interior: setup.interior },
          minAreaUm2,
          seamUm: SEAM_UM,
        },
        pixels: await packed(setup, grid, region),
      }),
  };
}

/** Smaller units are dropped. */
export const leastPixels = ({ grid }: SegmentSetup, { segment }: RunConfig): number =>
  Math.ceil(segment.minAreaUm2 / grid.pixelSizeUm ** 2);

/** Outlining of the units, tile by tile of those that reported any. */
export function paintTasks(
  setup: SegmentSetup,
  plan: SegmentPlan,
  config: RunConfig,
  units: SettledUnit[],
): RoundTask[] {
  const busy = [...new Set(units.map(({ tile }) => tile))].sort((a, b) => a - b);
  const input = paintInput(units, config.segment.toleranceUm, setup.grid.pixelSizeUm);
  return busy.map((tile) => ({
    id: plan.tiles[tile].id,
    kind: 'segment.paint',
    weight: pixelsIn(plan.tiles[tile].region),
    transcripts: 0,
    areaUm: slideArea(setup.grid, plan.tiles[tile].core),
    input: async () => segmentPaintTileFrame(input(tile, plan.tiles[tile].id)),
  }));
}

async function paintUnits(
  setup: SegmentSetup,
  plan: SegmentPlan,
  config: RunConfig,
  units: SettledUnit[],
  runner: RoundRunner,
): Promise<SegmentedCells> {
  const tasks = paintTasks(setup, plan, config, units);
  await runner.run(PAINT_ROUND, 'outlining nuclei and cells', tasks);
  const rings = new RingStore();
  for (const { id } of tasks)
    rings.add(segmentPaintResultFrom(await runner.result(PAINT_ROUND, id, SEGMENT_PAINT_RESULT)));
  return new SegmentedCells(units, rings, setup.channels.length, setup.grid.toUm);
}
