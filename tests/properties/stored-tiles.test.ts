import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TileInputs } from '@spatile/coordinator/assign/input';
import { CellIndex } from '@spatile/coordinator/cells/region';
import type { CellTable } from '@spatile/coordinator/cells/table';
import { type BlockEntries, BlockIndex } from '@spatile/coordinator/partition/block-index';
import { allocateColumns, type PartitionColumns } from '@spatile/coordinator/partition/columns';
import { partitionName, RegionReader } from '@spatile/coordinator/partition/regions';
import { blockEdgeUm, encodeTile } from '@spatile/coordinator/partition/tile-file';
import { type SlideContext, slideContext } from '@spatile/coordinator/run/slide';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Scan } from '@spatile/coordinator/scan/scan';
import { defaultConfig } from '@spatile/formats/config/schema';
import { growRect } from '@spatile/formats/space';
import { storedTileFrame } from '@spatile/formats/tile/assign';
import { frameDigest } from '@spatile/formats/tile/frame';
import { tileOf } from '@spatile/worker/assign/tile';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { referenceTranscripts } from '../support/reference-tile.ts';
import { sent } from '../support/sent.ts';

/** Tiles of 64 x 48 um in two rows of three; the lattice is 16 um wide. */
const [WIDE, HIGH, LATTICE_UM] = [64, 48, 16];
const FEATURES = 5;
const EXTENT = { x0: 0, y0: 0, x1: 3 * WIDE, y1: 2 * HIGH };

interface Point {
  x: number;
  y: number;
  z: number;
  feature: number;
  prior: number;
  nuclear: boolean;
}

/** Anywhere, on edges of tiles and squares, a little beyond the extent, and many in one place. */
const coordinate = (end: number) =>
  fc.oneof(
    fc.double({ min: -20, max: end + 20, noNaN: true }),
    fc.integer({ min: -1, max: end / LATTICE_UM + 1 }).map((k) => k * LATTICE_UM),
    fc.double({ min: 30, max: 31, noNaN: true }),
  );
const point: fc.Arbitrary<Point> = fc.record({
  x: coordinate(EXTENT.x1),
  y: coordinate(EXTENT.y1),
  z: fc.constantFrom(0, 1.5, -3),
  feature: fc.nat(FEATURES - 1),
  prior: fc.nat(3),
  nuclear: fc.boolean(),
});
const slides = fc.record({
  points: fc.array(point, { maxLength: 120 }),
  firstRow: fc.constantFrom(0, 7, 2 ** 31 - 40, 2 ** 32 - 400),
  steps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 120, maxLength: 120 }),
  haloUm: fc.constantFrom(0, 5, 16, 34, 100),
  hasZ: fc.boolean(),
});

let folder: string;
let store: RunStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-stored-tiles-'));
  store = new RunStore(folder);
  await store.makeFolder('partition');
});
afterAll(() => rm(folder, { recursive: true }));

const cores = [0, 1].flatMap((r) =>
  [0, 1, 2].map((c) => ({ x0: c * WIDE, y0: r * HIGH, x1: (c + 1) * WIDE, y1: (r + 1) * HIGH })),
);
const tiles = cores.map((core, i) => ({ id: `t000${i}`, core, transcripts: 0, cells: 0, memoryBytes: 0 }));
const cells: CellTable = {
  priorId: [],
  ...{ seedX: new Float64Array(0), seedY: new Float64Array(0) },
  ...{ nucleus: [], outline: [] },
  ...{ reachUm: new Float64Array(0), diameterUm: new Float64Array(0) },
  ...{ origins: [], fromBundle: true },
};

function slideOf(haloUm: number, hasZ: boolean): SlideContext {
  const features = Array.from({ length: FEATURES }, (_, i) => ({
    ...{ name: `f${i}`, kind: i === 2 ? ('control' as const) : ('gene' as const) },
  }));
  const scan = { hasZ, features, featureCounts: [4, 9, 5, 0, 7] } as unknown as Scan;
  const plan = { gridOriginUm: [0, 0] as [number, number], latticeUm: LATTICE_UM, extent: EXTENT, haloUm };
  return slideContext(defaultConfig(), scan, cells, { ...plan, tiles });
}

function columnsOf(points: (Point & { row: number })[], hasZ: boolean): PartitionColumns {
  const columns = allocateColumns(points.length);
  points.forEach((p, i) => {
    columns.row[i] = p.row;
    columns.x[i] = p.x;
    columns.y[i] = p.y;
    columns.z[i] = hasZ ? p.z : 0;
    columns.feature[i] = p.feature;
    columns.prior[i] = p.prior;
    columns.nuclear[i] = Number(p.nuclear);
    columns.qv[i] = i;
    columns.transcript_id[i] = BigInt(p.row) * 5n;
  });
  return columns;
}

/** Writes a slide's partitions; gives them as they were before. */
async function written(slide: SlideContext, points: (Point & { row: number })[]) {
  const blocks: BlockEntries[] = [];
  const sha256: string[] = [];
  const before: PartitionColumns[] = [];
  for (const [tile, { id, core }] of tiles.entries()) {
    const own = points.filter(({ x, y }) => slide.owner.ownerOf(Math.fround(x), Math.fround(y)) === tile);
    before.push(columnsOf(own, slide.scan.hasZ));
    const encoded = encodeTile(before[tile], core, blockEdgeUm(core, own.length * 50, slide.plan.haloUm, 16));
    await store.put(partitionName(id), encoded.bytes);
    blocks.push(encoded.blocks);
    sha256.push(frameDigest(encoded.bytes));
  }
  const index = BlockIndex.decode(new BlockIndex(blocks).encode(), tiles.length);
  return { before, regions: new RegionReader(store, slide.plan, sha256, index) };
}

it('a worker puts together the tile that whole partitions give, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(slides, async ({ points, firstRow, steps, haloUm, hasZ }) => {
      const slide = slideOf(haloUm, hasZ);
      let row = firstRow;
      const rows = points.map((p, i) => {
        row += steps[i];
        return { ...p, row };
      });
      const { before, regions } = await written(slide, rows);
      const inputs = new TileInputs(slide, regions, new CellIndex(cells));
      for (const [t, { id, core }] of tiles.entries()) {
        expect(await regions.partition(t)).toEqual(before[t]);
        const frame = storedTileFrame(inputs.storedTile(id, core, haloUm));
        const { transcripts, meta } = tileOf(await sent(store, frame));
        expect(meta.region).toEqual(growRect(core, haloUm));
        expect(transcripts).toEqual(
          await referenceTranscripts(regions, meta.region, slide.features.modelGene),
        );
      }
    }),
    { numRuns: 40 },
  );
});
