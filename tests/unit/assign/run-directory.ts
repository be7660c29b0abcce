import { TileInputs } from '@spatile/coordinator/assign/input';
import { TileStates } from '@spatile/coordinator/assign/states';
import { CellIndex } from '@spatile/coordinator/cells/region';
import type { CellTable } from '@spatile/coordinator/cells/table';
import { type BlockEntries, BlockIndex } from '@spatile/coordinator/partition/block-index';
import { allocateColumns } from '@spatile/coordinator/partition/columns';
import { partitionName, RegionReader } from '@spatile/coordinator/partition/regions';
import { encodeTile } from '@spatile/coordinator/partition/tile-file';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { type SlideContext, slideContext } from '@spatile/coordinator/run/slide';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Scan } from '@spatile/coordinator/scan/scan';
import { defaultConfig } from '@spatile/formats/config/schema';
import { frameDigest } from '@spatile/formats/tile/frame';
import type { TileState } from '@spatile/formats/tile/state';

/** A seed with its outline (a square of half-edge `reach` microns around it). */
export interface Seed {
  x: number;
  y: number;
  reach?: number;
}

export interface Transcript {
  row: number;
  x: number;
  y: number;
  feature?: number;
  prior?: number;
}

/** Tiles of 64 um side by side from (0, 0), lattice 16 um, halo 16 um. Features: genes a, b, c (c without transcripts) and a control. */
export const TILE_UM = 64;
export const HALO_UM = 16;

function squareRing({ x, y, reach = 0 }: Seed): Float64Array {
  const [x0, y0, x1, y1] = [x - reach, y - reach, x + reach, y + reach];
  return Float64Array.of(x0, y0, x1, y0, x1, y1, x0, y1, x0, y0);
}

/** Cells in the order given, which must be by (y, x). */
function cellTable(seeds: Seed[]): CellTable {
  return {
    priorId: seeds.map((_, i) => `cell-${i + 1}`),
    seedX: Float64Array.from(seeds, ({ x }) => x),
    seedY: Float64Array.from(seeds, ({ y }) => y),
    nucleus: seeds.map((seed) => (seed.reach === undefined ? [] : [squareRing(seed)])),
    outline: seeds.map(() => []),
    reachUm: Float64Array.from(seeds, ({ reach = 0 }) => reach * Math.SQRT2),
    diameterUm: Float64Array.from(seeds, ({ reach = 0 }) => 2 * reach),
    origins: [],
    fromBundle: true,
  };
}

function planOf(tiles: number): TilePlan {
  return {
    gridOriginUm: [0, 0],
    latticeUm: 16,
    extent: { x0: 0, y0: 0, x1: tiles * TILE_UM, y1: TILE_UM },
    haloUm: HALO_UM,
    tiles: Array.from({ length: tiles }, (_, i) => ({
      id: `t000${i}`,
      core: { x0: i * TILE_UM, y0: 0, x1: (i + 1) * TILE_UM, y1: TILE_UM },
      transcripts: 0,
      cells: 0,
      memoryBytes: 0,
    })),
  };
}

const scan = (): Scan =>
  ({
    hasZ: false,
    features: [
      { name: 'control', kind: 'control' },
      { name: 'b', kind: 'gene' },
      { name: 'a', kind: 'gene' },
      { name: 'c', kind: 'gene' },
    ],
    featureCounts: [9, 7, 3, 0],
  }) as unknown as Scan;

/** A partitioned run directory with its plan and cells, and the settled states given (by tile). */
export async function runDirectory(
  folder: string,
  content: { tiles: number; seeds: Seed[]; transcripts: Transcript[]; states?: (TileState | null)[] },
): Promise<{
  slide: SlideContext;
  regions: RegionReader;
  inputs: TileInputs;
  states: TileStates;
  store: RunStore;
}> {
  const store = new RunStore(folder);
  await store.makeFolder('partition');
  const slide = slideContext(defaultConfig(), scan(), cellTable(content.seeds), planOf(content.tiles));
  const sha256: string[] = [];
  const blocks: BlockEntries[] = [];
  for (const [tile, { id, core }] of slide.plan.tiles.entries()) {
    const rows = content.transcripts.filter(({ x, y }) => slide.owner.ownerOf(x, y) === tile);
    const columns = allocateColumns(rows.length);
    rows.forEach((transcript, i) => {
      columns.row[i] = transcript.row;
      columns.x[i] = transcript.x;
      columns.y[i] = transcript.y;
      columns.feature[i] = transcript.feature ?? 0;
      columns.prior[i] = transcript.prior ?? 0;
    });
    const encoded = encodeTile(columns, core, slide.plan.latticeUm);
    await store.commit(partitionName(id), encoded.bytes);
    blocks.push(encoded.blocks);
    sha256.push(frameDigest(encoded.bytes));
  }
  const regions = new RegionReader(store, slide.plan, sha256, new BlockIndex(blocks));
  const states = new TileStates(store, slide.plan);
  await store.makeFolder('settled/0');
  const settled = [...(content.states ?? []).entries()].filter(([, state]) => state !== null);
  for (const [tile, state] of settled)
    await states.write(0, tile, { voxelUm: 1, layers: 1, layerUm: 0 }, state!);
  await states.complete(
    0,
    settled.map(([tile]) => tile),
  );
  return {
    slide,
    store,
    regions,
    states,
    inputs: new TileInputs(slide, regions, new CellIndex(slide.cells)),
  };
}
