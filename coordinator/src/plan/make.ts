import type { Finding } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { RectUm } from '@spatile/formats/space';
import type { CellTable } from '../cells/table.ts';
import { binExtent, DensityGrid, DensityTable } from '../scan/grid.ts';
import type { Scan } from '../scan/scan.ts';
import { borderStrips } from '../seams/border.ts';
import { borderWidthsUm, haloUm } from './halo.ts';
import { borderMemoryBytes, type TileLoad, tileMemoryBytes } from './memory.ts';
import { OwnerGrid } from './owner.ts';
import type { Tile, TilePlan } from './plan.ts';
import { cutAt, quadtree } from './quadtree.ts';

/** Most bins of a plan (8600 mm2 at 16 um, more than four glass slides) and most along one edge (262 mm). */
const MAX_BINS = 2 ** 25;
const MAX_EDGE_BINS = 2 ** 14;

/**
 * Plans the tiles of a slide from the scan alone: the extent of the kept transcripts on the lattice, cut by size and by
 * estimated worker memory.
 * @param name of the slide, for messages.
 * Errors: `COORDINATES_INVALID` when transcripts lie farther apart than on any slide, `MEMORY_LIMIT` when even the smallest
 * tile or a strip along a border between tiles does not fit.
 */
export function makePlan(
  name: string,
  scan: Scan,
  cells: CellTable,
  config: RunConfig,
): { plan: TilePlan; findings: Finding[] } {
  const latticeUm = scan.binUm;
  checkExtent(name, scan);
  const density = new DensityTable(latticeUm, scan.bins);
  const extent = density.extent;
  const countSeeds = seedCounter(cells, extent, latticeUm);
  const halo = haloUm(config, cells, latticeUm);
  const limit = config.plan.memoryPerWorker;
  const genes = scan.features.filter(
    (feature, i) => feature.kind === 'gene' && scan.featureCounts[i] > 0,
  ).length;
  const loadOf: LoadOf = (core, haloUm) => ({
    core,
    haloUm,
    count: (rect) => density.count(rect),
    countSeeds,
    slideCells: cells.priorId.length,
    slideArea: area(extent),
    genes,
    hasZ: scan.hasZ,
  });
  const memory = (core: RectUm): number => tileMemoryBytes(loadOf(core, halo), config);
  const edges = { latticeUm, minEdgeUm: minEdgeUm(config) };
  const planned = quadtree(extent, {
    ...edges,
    maxEdgeUm: config.plan.tileSizeUm,
    tooHeavy: (core) => memory(core) > limit,
  });
  const cores = config.plan.split.reduce((cores, point) => cutAt(cores, point, edges), planned);
  const owner = new OwnerGrid(extent, latticeUm, cores);
  const seeds = new Uint32Array(cores.length);
  for (let i = 0; i < cells.seedX.length; i++) seeds[owner.ownerOf(cells.seedX[i], cells.seedY[i])]++;
  const width = Math.max(4, String(cores.length - 1).length);
  const tiles: Tile[] = cores.map((core, i) => ({
    id: `t${String(i).padStart(width, '0')}`,
    core,
    transcripts: density.count(core),
    cells: seeds[i],
    memoryBytes: memory(core),
  }));
  const worst = tiles.reduce((a, b) => (b.memoryBytes > a.memoryBytes ? b : a));
  if (worst.memoryBytes > limit) {
    throw new SpatileError(
      'MEMORY_LIMIT',
      `plan: tile ${worst.id} of ${sizeOf(worst.core)} um needs about ${mib(worst.memoryBytes)} MiB per worker (limit ${mib(limit)} MiB) and has no halves of at least ${config.plan.minTileSizeUm} um; give more with --memory-per-worker or lower plan.minTileSizeUm`,
      { fields: { tile: worst.id, memoryBytes: worst.memoryBytes } },
    );
  }
  checkBorders(tiles, extent, cells, config, loadOf);
  return {
    plan: { gridOriginUm: [extent.x0, extent.y0], latticeUm, extent, haloUm: halo, tiles },
    findings: planFindings(cells, halo),
  };
}

/** A largest edge below twice the smallest is obeyed: what was asked for counts more than the floor. */
export const minEdgeUm = ({ plan }: RunConfig): number => Math.min(plan.minTileSizeUm, plan.tileSizeUm / 2);

/** What lies in a core and its halo. */
type LoadOf = (core: RectUm, haloUm: number) => TileLoad;

/** The sampler computes borders once more, in units of their own size. Errors: `MEMORY_LIMIT` when one does not fit a worker. */
function checkBorders(
  tiles: Tile[],
  extent: RectUm,
  cells: CellTable,
  config: RunConfig,
  loadOf: LoadOf,
): void {
  const { assign, plan } = config;
  if (assign.method !== 'proseg' || assign.proseg.schedule.borderIterations === 0) return;
  const { halfWidthUm, contextUm } = borderWidthsUm(assign.proseg, cells);
  const holds = (tile: number): boolean => tiles[tile].transcripts > 0 || tiles[tile].cells > 0;
  for (const { strip, region } of borderStrips(tiles, halfWidthUm, contextUm, extent, holds)) {
    const memoryBytes = borderMemoryBytes(loadOf(strip, contextUm), config);
    if (memoryBytes <= plan.memoryPerWorker) continue;
    throw new SpatileError(
      'MEMORY_LIMIT',
      `plan: a border strip with its surroundings of ${sizeOf(region)} um at (${span(region.x0)}, ${span(region.y0)}) needs about ${mib(memoryBytes)} MiB per worker (limit ${mib(plan.memoryPerWorker)} MiB); it is as wide as cells of ${span(contextUm)} um need; give more with --memory-per-worker, or mend the prior if its cells are smaller`,
      { fields: { memoryBytes } },
    );
  }
}

/** Counts seeds on the plan's lattice; those off the extent count at its edge, where their tile is. */
function seedCounter(
  { seedX, seedY }: CellTable,
  extent: RectUm,
  latticeUm: number,
): (rect: RectUm) => number {
  if (seedX.length === 0) return () => 0;
  const grid = new DensityGrid(latticeUm);
  const within = (value: number, from: number, to: number): number =>
    Math.min(Math.max(value, from), to - latticeUm / 2);
  for (let i = 0; i < seedX.length; i++)
    grid.add(within(seedX[i], extent.x0, extent.x1), within(seedY[i], extent.y0, extent.y1));
  const table = new DensityTable(latticeUm, grid.bins());
  return (rect) => table.count(rect);
}

/** Tables of the plan are made for the whole extent, so one stray transcript must not decide how large they are. */
function checkExtent(name: string, { bins, binUm }: Scan): void {
  const { columns, rows } = binExtent(bins);
  if (columns <= MAX_EDGE_BINS && rows <= MAX_EDGE_BINS && columns * rows <= MAX_BINS) return;
  const [widthUm, heightUm] = [columns * binUm, rows * binUm];
  throw new SpatileError(
    'COORDINATES_INVALID',
    `${name}: the transcripts lie too far apart for one slide (they span ${span(widthUm)} x ${span(heightUm)} um); expected at most ${span(MAX_EDGE_BINS * binUm)} um along an edge and ${span((MAX_BINS * binUm ** 2) / 1e6)} mm2; look for stray coordinates, or set input.columns.umPerUnit when they are not in um`,
    { fields: { widthUm, heightUm } },
  );
}

/** A length or area without digits that say nothing. */
const span = (value: number): string => (value < 1e15 ? value.toFixed(0) : value.toPrecision(3));

function planFindings(cells: CellTable, halo: number): Finding[] {
  const wide = cells.reachUm.filter((reach) => reach > halo).length;
  if (wide === 0) return [];
  return [
    {
      level: 'warning',
      code: 'PLAN_WIDE_CELLS',
      message: `${wide} cells of the prior reach farther than the halo of ${halo} um; those on tile borders may be cut (raise plan.haloUm)`,
    },
  ];
}

const area = (rect: RectUm): number => (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
const sizeOf = ({ x0, y0, x1, y1 }: RectUm): string => `${span(x1 - x0)} x ${span(y1 - y0)}`;
const mib = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
