import { type OutlineResult, type OutlineTile, outlineResultFrame } from '@spatile/formats/tile/outline';
import type { Handler } from '../handler.ts';
import { indexOfCell } from '../index-of-cell.ts';
import { labelRuns } from '../raster/labels.ts';
import type { PixelWindow } from '../raster/lattice.ts';
import type { Runs } from '../raster/runs.ts';
import { consensusMap } from './consensus.ts';
import { regularMap, shapesOf } from './regular.ts';
import { outlineTileOf } from './tile.ts';
import { type Part, traceLabel } from './trace.ts';
import { paintVolume, type Volume } from './volume.ts';

/**
 * Measures and outlines the owned cells of one tile: settles voxels claimed twice, flattens the layers to one cell per
 * column (with `reachUm` by voxels and nuclei together, see `regular.ts`), and traces each cell along pixel edges. Neighbouring polygons share their borders exactly and never overlap, within
 * a tile and, with regions as `OutlineTileMeta` asks for, across tiles.
 *
 * In: outline-tile. Out: outline-result, owned cells that have a voxel.
 */
export const outline: Handler = async (input, context) => {
  const tile = outlineTileOf(input);
  const volume = paintVolume(tile);
  context.progress(0.3);
  const { reachUm, layerShapes, layers } = tile.meta;
  const shapes = reachUm === undefined ? null : shapesOf(volume, tile, reachUm);
  const map = shapes === null ? consensusMap(volume, tile) : regularMap(volume, shapes, null);
  const mapOfLayer = (layer: number): Int32Array =>
    shapes === null ? layerOf(volume, layer) : regularMap(volume, shapes, layer);
  const maps = 1 + (layerShapes === true ? layers : 0);
  context.count({ voxelsPainted: volume.labels.length, pixelsMapped: maps * map.length });
  context.progress(0.5);
  return outlineResultFrame(
    describe(tile, volume, map, layerShapes === true ? mapOfLayer : null, context.progress),
  );
};

function layerOf({ labels, window }: Volume, layer: number): Int32Array {
  const plane = window.width * window.height;
  return labels.subarray(layer * plane, (layer + 1) * plane);
}

function describe(
  tile: OutlineTile,
  volume: Volume,
  map: Int32Array,
  mapOfLayer: ((layer: number) => Int32Array) | null,
  progress: (fraction: number) => void,
): OutlineResult {
  const { window } = volume;
  const wanted = new Uint8Array(tile.cells.cell.length + 1);
  let ownedWithoutVoxels = 0;
  for (const cell of tile.owned.cell) {
    const label = indexOfCell(tile.cells.cell, cell) + 1;
    if (label > 0 && volume.voxels[label] > 0) wanted[label] = 1;
    else ownedWithoutVoxels++;
  }
  const writer = new ResultWriter(tile, volume, mapOfLayer !== null);
  traceAll(map, window, wanted, (label, own, parts) => {
    writer.add(label, own, parts);
    if (label % 256 === 0) progress(0.5 + (0.25 * label) / wanted.length);
  });
  for (let layer = 0; mapOfLayer !== null && layer < volume.layers; layer++) {
    traceAll(mapOfLayer(layer), window, wanted, (label, _, parts) => writer.addLayer(label, layer, parts));
    progress(0.75 + (0.25 * (layer + 1)) / volume.layers);
  }
  return writer.result({
    contestedVoxels: volume.contested,
    ownedWithoutVoxels,
    ownedWithoutPolygon: writer.withoutPolygon,
  });
}

/** Traces the wanted labels of a map, in ascending order. */
function traceAll(
  map: Int32Array,
  window: PixelWindow,
  wanted: Uint8Array,
  visit: (label: number, runs: Runs, parts: Part[]) => void,
): void {
  const runs = labelRuns(map, window, wanted);
  const seen = new Uint8Array(map.length);
  for (let label = 1; label < wanted.length; label++) {
    if (wanted[label] === 0) continue;
    const [from, to] = [runs.start[label], runs.start[label + 1]];
    const own: Runs = {
      y: Array.from(runs.y.subarray(from, to)),
      x: Array.from(runs.x.subarray(from, to)),
      length: Array.from(runs.length.subarray(from, to)),
    };
    visit(label, own, traceLabel(map, window, label, own, seen));
  }
}

interface RingColumns {
  layer: number[];
  cell: number[];
  part: number[];
  start: number[];
  count: number[];
  hole: number[];
}

const noRings = (): RingColumns => ({ layer: [], cell: [], part: [], start: [], count: [], hole: [] });

class ResultWriter {
  withoutPolygon = 0;
  readonly #tile: OutlineTile;
  readonly #volume: Volume;
  readonly #cells = new Map<string, number[]>(
    ['cell', 'areaUm2', 'voxels', 'volumeUm3', 'perimeterUm', 'centroidX', 'centroidY', 'parts'].map(
      (name) => [name, []],
    ),
  );
  readonly #rings = noRings();
  readonly #layerRings: RingColumns | null;
  readonly #x: number[] = [];
  readonly #y: number[] = [];

  constructor(tile: OutlineTile, volume: Volume, withLayers: boolean) {
    this.#layerRings = withLayers ? noRings() : null;
    this.#tile = tile;
    this.#volume = volume;
  }

  add(label: number, runs: Runs, parts: Part[]): void {
    const { meta, cells } = this.#tile;
    const [originX, originY] = meta.gridOriginUm;
    const h = meta.voxelUm;
    const voxels = this.#volume.voxels[label];
    const cell = cells.cell[label - 1];
    const shape = runs.y.length > 0 ? runs : this.#footprint(label);
    if (parts.length === 0) this.withoutPolygon++;
    const { pixels, x, y } = centreOf(shape);
    let edges = 0;
    parts.forEach((part, p) => {
      for (const ring of part)
        edges += this.#addRing(this.#rings, 0, cell, p, ring.vertices, ring.doubleArea < 0);
    });
    const row: Record<string, number> = {
      cell,
      areaUm2: parts.length > 0 ? pixels * h * h : 0,
      voxels,
      volumeUm3: voxels * h * h * meta.layerUm,
      perimeterUm: edges * h,
      centroidX: originX + x * h,
      centroidY: originY + y * h,
      parts: parts.length,
    };
    for (const [name, column] of this.#cells) column.push(row[name]);
  }

  /** Adds the shape of a cell in one layer. */
  addLayer(label: number, layer: number, parts: Part[]): void {
    const cell = this.#tile.cells.cell[label - 1];
    parts.forEach((part, p) => {
      for (const ring of part)
        this.#addRing(this.#layerRings!, layer, cell, p, ring.vertices, ring.doubleArea < 0);
    });
  }

  #addRing(
    rings: RingColumns,
    layer: number,
    cell: number,
    part: number,
    vertices: number[],
    hole: boolean,
  ): number {
    const { gridOriginUm, voxelUm } = this.#tile.meta;
    rings.layer.push(layer);
    rings.cell.push(cell);
    rings.part.push(part);
    rings.start.push(this.#x.length);
    rings.count.push(vertices.length / 2);
    rings.hole.push(hole ? 1 : 0);
    let edges = 0;
    for (let k = 0; k < vertices.length; k += 2) {
      this.#x.push(gridOriginUm[0] + vertices[k] * voxelUm);
      this.#y.push(gridOriginUm[1] + vertices[k + 1] * voxelUm);
      if (k > 0)
        edges += Math.abs(vertices[k] - vertices[k - 2]) + Math.abs(vertices[k + 1] - vertices[k - 1]);
    }
    return edges;
  }

  /** The columns in which a cell without a column of its own has a voxel. */
  #footprint(label: number): Runs {
    const { window, layers, labels } = this.#volume;
    const plane = window.width * window.height;
    const runs: Runs = { y: [], x: [], length: [] };
    for (let k = 0; k < plane * layers; k++) {
      if (labels[k] !== label) continue;
      runs.y.push(window.row0 + Math.floor((k % plane) / window.width));
      runs.x.push(window.column0 + (k % window.width));
      runs.length.push(1);
    }
    return runs;
  }

  result(diagnostics: Record<string, number>): OutlineResult {
    const cells = (name: string): number[] => this.#cells.get(name)!;
    const rings = this.#rings;
    return {
      meta: { tile: this.#tile.meta.tile, voxelUm: this.#tile.meta.voxelUm, diagnostics },
      cells: {
        cell: Uint32Array.from(cells('cell')),
        areaUm2: Float64Array.from(cells('areaUm2')),
        voxels: Uint32Array.from(cells('voxels')),
        volumeUm3: Float64Array.from(cells('volumeUm3')),
        perimeterUm: Float64Array.from(cells('perimeterUm')),
        centroidX: Float64Array.from(cells('centroidX')),
        centroidY: Float64Array.from(cells('centroidY')),
        parts: Uint16Array.from(cells('parts')),
      },
      rings: ringTable(rings),
      ...(this.#layerRings === null
        ? {}
        : {
            layerRings: {
              layer: Uint16Array.from(this.#layerRings.layer),
              ...ringTable(this.#layerRings),
            },
          }),
      vertices: { x: Float64Array.from(this.#x), y: Float64Array.from(this.#y) },
    };
  }
}

const ringTable = ({ cell, part, start, count, hole }: RingColumns): OutlineResult['rings'] => ({
  cell: Uint32Array.from(cell),
  part: Uint16Array.from(part),
  start: Uint32Array.from(start),
  count: Uint32Array.from(count),
  hole: Uint8Array.from(hole),
});

/** Number and centre of mass of pixels, in pixels of the lattice; sums are whole numbers of half pixels, so exact. */
function centreOf(runs: Runs): { pixels: number; x: number; y: number } {
  let pixels = 0;
  let doubleX = 0;
  let doubleY = 0;
  for (let r = 0; r < runs.y.length; r++) {
    const length = runs.length[r];
    pixels += length;
    doubleX += length * (2 * runs.x[r] + length);
    doubleY += length * (2 * runs.y[r] + 1);
  }
  return { pixels, x: doubleX / (2 * pixels), y: doubleY / (2 * pixels) };
}
