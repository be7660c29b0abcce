import {
  type OutlineResult,
  type OutlineTile,
  outlineResultFrom,
  outlineTileFrame,
} from '@spatile/formats/tile/outline';
import { outline } from '@spatile/worker/outline/compute';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { context } from './little-slide.ts';

type Voxel = [cell: number, layer: number, y: number, x: number];

interface Given {
  voxels: Voxel[];
  /** x, y, cell in voxels. */
  transcripts?: [number, number, number][];
  /** Owner tile of cell k is owners[k-1]; tile 1's core is x < 8, tile 2's is the rest. */
  owners?: number[];
  owned?: number[];
  layers?: number;
  voxelUm?: number;
  layerUm?: number;
  origin?: [number, number];
}

const SIDE = 16;

function tile(given: Given): OutlineTile {
  const { voxels, transcripts = [], layers = 1, voxelUm = 1, layerUm = 0, origin = [0, 0] } = given;
  const cells = [...new Set(voxels.map(([cell]) => cell))].sort((a, b) => a - b);
  const at = (column: number, axis: 0 | 1): number => origin[axis] + column * voxelUm;
  const end = SIDE * voxelUm;
  return {
    meta: {
      tile: 't',
      core: { x0: origin[0], y0: origin[1], x1: origin[0] + end / 2, y1: origin[1] + end },
      region: { x0: origin[0], y0: origin[1], x1: origin[0] + end, y1: origin[1] + end },
      gridOriginUm: origin,
      voxelUm,
      layers,
      layerUm,
    },
    transcripts: {
      x: Float32Array.from(transcripts, ([x]) => at(x, 0)),
      y: Float32Array.from(transcripts, ([, y]) => at(y, 1)),
      cell: Uint32Array.from(transcripts, ([, , cell]) => cell),
    },
    runs: {
      cell: Uint32Array.from(voxels, ([cell]) => cell),
      layer: Uint16Array.from(voxels, ([, layer]) => layer),
      y: Int32Array.from(voxels, ([, , y]) => y),
      x: Int32Array.from(voxels, ([, , , x]) => x),
      length: new Uint32Array(voxels.length).fill(1),
    },
    cells: {
      cell: Uint32Array.from(cells),
      tile: Uint32Array.from(cells, (c) => given.owners?.[c - 1] ?? 1),
    },
    cores: {
      tile: Uint32Array.from([1, 2]),
      x0: Float64Array.from([origin[0], origin[0] + end / 2]),
      y0: Float64Array.from([origin[1], origin[1]]),
      x1: Float64Array.from([origin[0] + end / 2, origin[0] + end]),
      y1: Float64Array.from([origin[1] + end, origin[1] + end]),
    },
    owned: { cell: Uint32Array.from(given.owned ?? cells) },
  };
}

const compute = async (given: Given): Promise<OutlineResult> =>
  outlineResultFrom(await outline(outlineTileFrame(tile(given)), context));

const block = (cell: number, x0: number, y0: number, x1: number, y1: number, layer = 0): Voxel[] => {
  const out: Voxel[] = [];
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) out.push([cell, layer, y, x]);
  return out;
};

const areaOf = (result: OutlineResult, cell: number): number =>
  result.cells.areaUm2[result.cells.cell.indexOf(cell)];

describe('outline', () => {
  it('measures a block in microns', async () => {
    const result = await compute({
      voxels: block(5, 2, 3, 6, 5),
      voxelUm: 0.5,
      layerUm: 2,
      origin: [100, -20],
    });
    expect(result.cells).toEqual({
      cell: Uint32Array.from([5]),
      areaUm2: Float64Array.from([2]),
      voxels: Uint32Array.from([8]),
      volumeUm3: Float64Array.from([4]),
      perimeterUm: Float64Array.from([6]),
      centroidX: Float64Array.from([102]),
      centroidY: Float64Array.from([-18]),
      parts: Uint16Array.from([1]),
    });
    expect([...result.rings.count]).toEqual([5]);
    expect([...result.vertices.x]).toEqual([103, 103, 101, 101, 103]);
    expect([...result.vertices.y]).toEqual([-18.5, -17.5, -17.5, -18.5, -18.5]);
  });

  it('reports parts with exterior before hole, and only owned cells', async () => {
    const ring = block(1, 0, 0, 3, 3).filter(([, , y, x]) => x !== 1 || y !== 1);
    const result = await compute({
      voxels: [...ring, ...block(1, 5, 5, 6, 6), ...block(2, 8, 8, 9, 9)],
      owned: [1],
    });
    expect([...result.cells.cell]).toEqual([1]);
    expect([...result.cells.parts]).toEqual([2]);
    expect([...result.cells.perimeterUm]).toEqual([12 + 4 + 4]);
    expect([...result.rings.part]).toEqual([0, 0, 1]);
    expect([...result.rings.hole]).toEqual([0, 1, 0]);
    expect([...result.cells.volumeUm3]).toEqual([0]);
  });

  it('gives a voxel claimed twice to the cell whose owner holds its centre, else to the lower cell', async () => {
    // Columns 7 to 9 are claimed by cell 1 (tile 1) and cell 2 (tile 2); column 8 and on is tile 2's core.
    const across = await compute({
      voxels: [...block(1, 4, 0, 10, 1), ...block(2, 7, 0, 12, 1)],
      owners: [1, 2],
    });
    expect([areaOf(across, 1), areaOf(across, 2)]).toEqual([4, 4]);
    expect(across.meta.diagnostics.contestedVoxels).toBe(3);
    // Both owned by tile 2 and claimed in tile 1's core: the lower cell.
    const beyond = await compute({
      voxels: [...block(1, 2, 0, 5, 1), ...block(2, 4, 0, 6, 1)],
      owners: [2, 2],
    });
    expect([areaOf(beyond, 1), areaOf(beyond, 2)]).toEqual([3, 1]);
  });

  it('gives a column to the cell with most transcripts in it', async () => {
    const voxels = [...block(1, 0, 0, 4, 1, 0), ...block(2, 0, 0, 4, 1, 1), ...block(2, 0, 0, 4, 1, 2)];
    const result = await compute({
      voxels,
      layers: 3,
      transcripts: [
        [0.5, 0.5, 1],
        [1.5, 0.5, 1],
        [1.5, 0.5, 2],
        [2.5, 0.5, 2],
        [3.5, 0.5, 9],
      ],
    });
    // Column 1 is a tie of one each: more layers. Column 3 has none for either.
    expect([areaOf(result, 1), areaOf(result, 2)]).toEqual([1, 3]);
    expect([...result.cells.voxels]).toEqual([4, 8]);
  });

  it('breaks full ties by the lower cell', async () => {
    const result = await compute({
      voxels: [...block(1, 0, 0, 3, 1, 1), ...block(2, 0, 0, 4, 1, 0)],
      layers: 2,
    });
    expect([areaOf(result, 1), areaOf(result, 2)]).toEqual([3, 1]);
  });

  it('lets every cell keep a column, its strongest', async () => {
    const result = await compute({
      voxels: [...block(1, 0, 0, 4, 1, 0), ...block(2, 1, 0, 4, 1, 1)],
      layers: 2,
      transcripts: [
        [2.5, 0.5, 1],
        [2.5, 0.5, 1],
        [2.5, 0.5, 2],
      ],
    });
    expect([areaOf(result, 1), areaOf(result, 2)]).toEqual([3, 1]);
    const second = result.rings.cell.indexOf(2);
    expect(Math.min(...result.vertices.x.subarray(result.rings.start[second]))).toBe(2);
  });

  it('gives nothing back to a cell that goes on beyond the region', async () => {
    const voxels = [...block(1, 10, 0, 16, 1, 0), ...block(2, 14, 0, 20, 1, 1)];
    expect(areaOf(await compute({ voxels, layers: 2, owned: [1] }), 1)).toBe(6);
  });

  it('leaves a cell without polygon when the only column holds a single-column cell', async () => {
    const result = await compute({
      voxels: [...block(1, 3, 3, 4, 4, 0), ...block(2, 3, 3, 4, 4, 1)],
      layers: 2,
    });
    expect([...result.cells.cell]).toEqual([1, 2]);
    expect([...result.cells.parts]).toEqual([1, 0]);
    expect([...result.cells.areaUm2]).toEqual([1, 0]);
    expect([...result.cells.centroidX]).toEqual([3.5, 3.5]);
    expect(result.meta.diagnostics.ownedWithoutPolygon).toBe(1);
  });

  it('keeps owned cells whole beyond the region, and ignores other cells there', async () => {
    const result = await compute({
      voxels: [...block(1, 14, 2, 20, 4), ...block(2, 20, 2, 25, 4)],
      owned: [1],
    });
    expect([...result.cells.areaUm2]).toEqual([12]);
  });

  it('refuses runs of unknown cells and layers', async () => {
    const unknown = tile({ voxels: block(1, 0, 0, 2, 2) });
    unknown.runs.cell[1] = 7;
    const deep = tile({ voxels: block(1, 0, 0, 2, 2, 3) });
    for (const bad of [unknown, deep]) {
      await expect(outline(outlineTileFrame(bad), context)).rejects.toMatchObject({ code: 'RUN_CORRUPT' });
    }
  });

  it('gives the polygons of the untiled slide when the region reaches two cells beyond', async () => {
    const WIDE = 40;
    const blob = fc.record({
      x: fc.nat(WIDE - 4),
      y: fc.nat(5),
      width: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 3 }),
      layer: fc.nat(2),
      deep: fc.boolean(),
    });
    const transcript = fc.tuple(fc.nat(WIDE - 1), fc.nat(7), fc.integer({ min: 1, max: 18 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(blob, { minLength: 2, maxLength: 18 }),
        fc.array(transcript, { maxLength: 60 }),
        async (blobs, transcripts) => {
          const all = blobs.flatMap(({ x, y, width, height, layer, deep }, i) => [
            ...block(i + 1, x, y, x + width, y + height, layer),
            ...(deep ? block(i + 1, x, y, x + width, y + height, (layer + 1) % 3) : []),
          ]);
          const owners = blobs.map(({ x, width }) => (x + width / 2 < WIDE / 2 ? 1 : 2));
          const outlineOf = async (x0: number, x1: number, owner: number | null): Promise<string[]> => {
            const present = new Set(all.filter(([, , , x]) => x >= x0 && x < x1).map(([cell]) => cell));
            const input = tile({
              voxels: all.filter(([cell]) => present.has(cell)),
              transcripts: transcripts
                .filter(([x]) => x >= x0 && x < x1)
                .map(([x, y, cell]) => [x + 0.5, y + 0.5, cell]),
              owners,
              owned: [...present]
                .filter((c) => owner === null || owners[c - 1] === owner)
                .sort((a, b) => a - b),
              layers: 3,
            });
            const [ys, middle] = [{ y0: 0, y1: 10 }, WIDE / 2];
            input.meta.region = { x0, x1, ...ys };
            input.cores.x0.set([0, middle]);
            input.cores.x1.set([middle, WIDE]);
            const { cells, rings, vertices } = outlineResultFrom(
              await outline(outlineTileFrame(input), context),
            );
            const polygons = [...rings.cell].map((cell, r) => {
              const [from, to] = [rings.start[r], rings.start[r] + rings.count[r]];
              return `${cell}.${rings.part[r]} ${vertices.x.subarray(from, to)} ${vertices.y.subarray(from, to)}`;
            });
            return [
              ...polygons,
              ...[...cells.cell].map((cell, c) => `${cell} ${cells.voxels[c]} ${cells.areaUm2[c]}`),
            ];
          };
          const whole = await outlineOf(0, WIDE, null);
          const tiles = [...(await outlineOf(0, 34, 1)), ...(await outlineOf(6, WIDE, 2))];
          expect(tiles.sort()).toEqual(whole.sort());
        },
      ),
      {
        numRuns: 150,
        // Cell 2 of the right tile loses all its columns and takes one back from cell 1 of the left tile.
        examples: [
          [
            [
              { x: 16, y: 0, width: 4, height: 1, layer: 0, deep: true },
              { x: 18, y: 0, width: 4, height: 1, layer: 2, deep: false },
              { x: 20, y: 0, width: 4, height: 1, layer: 0, deep: true },
            ],
            [],
          ],
        ],
      },
    );
  });

  it('never lets polygons overlap, counts every voxel once, and does not depend on the order of runs', async () => {
    const voxel = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(2), fc.nat(7), fc.nat(SIDE - 1));
    const transcript = fc.tuple(fc.nat(SIDE - 1), fc.nat(7), fc.integer({ min: 0, max: 4 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(voxel, { minLength: 1, maxLength: 250 }),
        fc.array(transcript, { maxLength: 80 }),
        fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2), fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
        async (voxels, transcripts, owners) => {
          const given: Given = {
            voxels,
            transcripts: transcripts.map(([x, y, cell]) => [x + 0.5, y + 0.5, cell]),
            owners,
            layers: 3,
          };
          const result = await compute(given);
          expect(await compute({ ...given, voxels: [...voxels].reverse() })).toEqual(result);
          const places = new Set(voxels.map(([, layer, y, x]) => `${layer} ${y} ${x}`));
          const columns = new Set(voxels.map(([, , y, x]) => `${y} ${x}`));
          expect(result.cells.voxels.reduce((sum, n) => sum + n, 0)).toBe(places.size);
          expect(result.cells.areaUm2.reduce((sum, n) => sum + n, 0)).toBe(columns.size);
        },
      ),
      { numRuns: 150 },
    );
  });
});
