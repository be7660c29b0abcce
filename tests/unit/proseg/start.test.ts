import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import { prosegMemoryBytes, VOLUME_BINS } from '@spatile/formats/tile/proseg';
import { modelledColumns } from '@spatile/worker/assign/proseg/density';
import { observedVoxels, tileGrid } from '@spatile/worker/assign/proseg/grid';
import { CLASS_CELL, CLASS_NONE, CLASS_NUCLEUS, startColumns } from '@spatile/worker/assign/proseg/start';
import { describe, expect, it } from 'vitest';
import { assignBytes } from '../../../worker/kernels/bind.ts';
import { simulateTile } from './simulated.ts';

interface Ring {
  cell: number;
  kind: number;
  /** x0, y0, x1, y1 of a rectangle in microns. */
  box: [number, number, number, number];
}

/** A tile of 40 x 40 um on coarse voxels of 2 um, with rectangles as outlines. */
function tileWith(
  rings: Ring[],
  seeds: [number, number][],
  points: { x: number; y: number; prior: number; nuclear: number }[] = [],
): AssignTile {
  const corners = rings.map(({ box: [x0, y0, x1, y1] }) => [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ]);
  return {
    meta: {
      tile: 't',
      core: { x0: 0, y0: 0, x1: 40, y1: 40 },
      region: { x0: 0, y0: 0, x1: 40, y1: 40 },
      gridOriginUm: [0, 0],
      seed: 1,
      genes: 1,
      hasZ: false,
    },
    transcripts: {
      row: Uint32Array.from(points, (_, i) => i),
      x: Float32Array.from(points, (p) => p.x),
      y: Float32Array.from(points, (p) => p.y),
      z: new Float32Array(points.length),
      gene: new Uint32Array(points.length),
      prior: Uint32Array.from(points, (p) => p.prior),
      nuclear: Uint8Array.from(points, (p) => p.nuclear),
    },
    cells: {
      cell: Uint32Array.from(seeds, (_, c) => c + 1),
      seedX: Float64Array.from(seeds, (s) => s[0]),
      seedY: Float64Array.from(seeds, (s) => s[1]),
      owned: new Uint8Array(seeds.length).fill(1),
    },
    rings: {
      cell: Uint32Array.from(rings, (r) => r.cell),
      kind: Uint8Array.from(rings, (r) => r.kind),
      start: Uint32Array.from(rings, (_, k) => 5 * k),
      count: new Uint32Array(rings.length).fill(5),
    },
    vertices: {
      x: Float64Array.from(corners.flat(), (v) => v[0]),
      y: Float64Array.from(corners.flat(), (v) => v[1]),
    },
  };
}

const { model } = simulateTile({ sizeUm: 10, haloUm: 0, layers: 1 });

function startOf(tile: AssignTile) {
  const grid = tileGrid(tile, model);
  const start = startColumns(tile, grid, observedVoxels(tile, grid, model));
  const at = (x: number, y: number): number => Math.floor(y / 2) * start.width + Math.floor(x / 2);
  return {
    start,
    label: (x: number, y: number) => start.label[at(x, y)],
    prior: (x: number, y: number) => [start.priorClass[at(x, y)], start.priorLabel[at(x, y)]],
  };
}

describe('where the sampler starts', () => {
  it('nuclei first, grown into free space; the prior stays on the rings', () => {
    const { label, prior } = startOf(
      tileWith(
        [
          { cell: 1, kind: OUTLINE_NUCLEUS, box: [10, 10, 16, 16] },
          { cell: 1, kind: OUTLINE_CELL, box: [6, 6, 20, 20] },
        ],
        [[13, 13]],
      ),
    );
    expect([label(11, 11), label(17, 13), label(19, 13), label(21, 13)]).toEqual([1, 1, 1, 0]);
    expect(prior(11, 11)).toEqual([CLASS_NUCLEUS, 1]);
    expect(prior(7, 7)).toEqual([CLASS_CELL, 1]);
    expect(prior(25, 25)).toEqual([CLASS_NONE, 0]);
  });

  it('a cell without nucleus ring starts from its cell ring; overlapping rings go to the lower cell', () => {
    const { label, prior } = startOf(
      tileWith(
        [
          { cell: 2, kind: OUTLINE_CELL, box: [10, 10, 20, 20] },
          { cell: 1, kind: OUTLINE_CELL, box: [16, 10, 30, 20] },
        ],
        [
          [25, 15],
          [12, 15],
        ],
      ),
    );
    expect([label(11, 15), label(17, 15), label(27, 15)]).toEqual([2, 1, 1]);
    expect(prior(17, 15)).toEqual([CLASS_CELL, 1]);
  });

  it('a cell without rings starts where most nuclear prior transcripts are its own', () => {
    const nuclear = [1, 1, 2].map((prior) => ({ x: 5, y: 5, prior, nuclear: 1 }));
    const cytoplasm = { x: 9, y: 5, prior: 1, nuclear: 0 };
    const { start, prior } = startOf(
      tileWith(
        [],
        [
          [5, 5],
          [31, 31],
        ],
        [...nuclear, cytoplasm],
      ),
    );
    expect(prior(5, 5)).toEqual([CLASS_NUCLEUS, 1]);
    expect(prior(9, 5)).toEqual([CLASS_CELL, 1]);
    // Cell 2 wins no column by votes and gets the one of its seed, grown.
    expect(start.label.filter((cell) => cell === 2).length).toBeGreaterThan(1);
  });

  it('a cell none of whose transcripts is nuclear starts from all of them', () => {
    const { label } = startOf(tileWith([], [[30, 30]], [{ x: 9, y: 5, prior: 1, nuclear: 0 }]));
    expect(label(9, 5)).toBe(1);
    expect(label(30, 30)).toBe(0);
  });

  it('every cell with its seed in the region has a voxel, be its nucleus tiny or covered', () => {
    const rings: Ring[] = [
      { cell: 1, kind: OUTLINE_NUCLEUS, box: [4, 4, 12, 12] },
      { cell: 2, kind: OUTLINE_NUCLEUS, box: [8.1, 8.1, 8.2, 8.2] },
      { cell: 3, kind: OUTLINE_NUCLEUS, box: [5, 5, 7, 7] },
    ];
    const { start } = startOf(
      tileWith(rings, [
        [8, 8],
        [8.15, 8.15],
        [6, 6],
      ]),
    );
    for (const cell of [1, 2, 3]) expect(start.label.includes(cell)).toBe(true);
    const crowd = startOf(
      tileWith(
        [],
        Array.from({ length: 9 }, () => [21, 21] as [number, number]),
      ),
    );
    for (let cell = 1; cell <= 9; cell++) expect(crowd.start.label.includes(cell)).toBe(true);
  });

  it('columns belong to the model within three steps of an observed transcript', () => {
    const tile = tileWith([], [], []);
    const inside = modelledColumns(
      tileGrid(tile, model),
      Uint32Array.of(1),
      Uint16Array.of(3, 10),
      Uint16Array.of(3, 10),
    );
    expect(inside.reduce((sum, v) => sum + v, 0)).toBe(25);
    expect([inside[10 * 40 + 13], inside[10 * 40 + 14], inside[12 * 40 + 12]]).toEqual([1, 0, 0]);
  });

  it('refuses regions off the lattice and points outside', () => {
    const tile = tileWith([], [], [{ x: 5, y: 5, prior: 0, nuclear: 0 }]);
    tile.meta.region = { ...tile.meta.region, x0: -1 };
    expect(() => tileGrid(tile, model)).toThrow(/lattice/);
    tile.meta.region = { x0: 0, y0: 0, x1: 40, y1: 40 };
    tile.transcripts.x[0] = Number.NaN;
    expect(() => observedVoxels(tile, tileGrid(tile, model), model)).toThrow(/not in the region/);
  });
});

describe('memory', () => {
  it.each([
    [300, 300, 0, 4, 10, 5],
    [5000, 300, 100, 4, 10, 5],
    [18000, 300, 100, 1, 64, 16],
    [20, 20, 0, 32, 1, 1],
  ])(
    'the estimate bounds the sampler: %i genes',
    (genes, privateGenes, factors, layers, components, densityBins) => {
      const frame = { ...model, genes, privateGenes, factors, layers, components, densityBins };
      for (const [edge, transcripts, cells] of [
        [20, 0, 0],
        [120, 4000, 40],
        [620, 770_000, 2500],
        [1000, 1_000_000, 12_000],
        [2000, 100_000, 60_000],
      ]) {
        const sizes = {
          width: edge,
          height: edge,
          layers,
          transcripts,
          cells: cells + 1,
          genes,
          privateGenes,
          factors,
          components,
          densityBins,
          volumeBins: VOLUME_BINS,
        };
        const bound = prosegMemoryBytes({
          voxelsFine: edge * edge * layers,
          transcripts,
          cells,
          model: frame,
        });
        const tile = assignBytes({ ...sizes, records: true, statistics: false });
        expect(bound).toBeGreaterThan(tile + transcripts * 100);
        expect(bound).toBeGreaterThan(
          assignBytes({ ...sizes, records: false, statistics: true }) + transcripts * 100,
        );
        // Beside the kernel's arrays: labels read out and the record of labels, 8 bytes per voxel.
        const beside = transcripts * 200 + edge * edge * layers * 8;
        expect(bound).toBeLessThan(1.6 * (tile + beside) + 2 ** 26 + cells * 4000);
      }
    },
  );
});
