import { growRect, type RectUm } from '@spatile/formats/space';
import { RandomStream } from '@spatile/random/stream';
import {
  BLOCK_UM,
  type BlockGrid,
  BlockMemo,
  blockGrid,
  blockIndex,
  blockRect,
  MAX_CELLS_PER_BLOCK,
} from './blocks.ts';
import { CELL_TYPES, NicheField } from './cell-types.ts';
import { FibreField } from './fibres.ts';
import { type Cover, coverOf, drawFloor, type Floor } from './layers.ts';
import { NearBins } from './near-bins.ts';
import { drawNuclei } from './nuclei.ts';
import type { Settings } from './options.ts';
import { SeedField } from './seeds.ts';
import { cellRing, drawOutline, MAX_REACH_UM, type Outline } from './shapes.ts';
import type { StarRing } from './star-ring.ts';

export interface Cell {
  /** Unique over the slide and known without the other blocks: block index times `MAX_CELLS_PER_BLOCK` plus the place in it. */
  key: number;
  /** Index into `CELL_TYPES`. */
  type: number;
  /** 0, or 1 for the cells that lie over those of layer 0; the cells of one layer do not overlap. */
  layer: 0 | 1;
  body: StarRing;
  /** None, one or two. */
  nuclei: readonly StarRing[];
  /** Cells of the other layer that may share ground with this one, and where height divides them. */
  covers: readonly Cover[];
  /** Height of the cell's middle against the section's, microns. */
  z: number;
  /** What the vendor's segmentation does to it and how bright its nucleus is; uniforms in (0, 1). */
  vendorLuck: number;
  brightness: number;
}

/** Radius of a cell of the upper layer, which hardly any neighbour cuts, against the others'. */
const UPPER_SIZE = 0.8;

/** Blocks of 8 by 8 and what lies around them. */
const SMALL = 100;

/** Cells are looked up by squares of this size. */
const BIN_UM = 16;

interface Sketch {
  outline: Outline;
  type: number;
  layer: 0 | 1;
  /** Under the cells of layer 1. */
  floor: Floor | null;
}

/** A sketch cut to its place among the others of its layer. */
interface Grown extends Sketch {
  body: StarRing;
}

/** Every cell of the slide, block by block; each step of a block's making looks at its eight neighbours at most. */
export class Tissue {
  readonly settings: Settings;
  readonly grid: BlockGrid;
  readonly #fibres: FibreField;
  readonly #niches: NicheField;
  readonly #layers: readonly SeedField[];
  readonly #sketches: BlockMemo<Sketch[]>;
  readonly #grown: BlockMemo<Grown[]>;
  readonly #cells: BlockMemo<Cell[]>;

  constructor(settings: Settings) {
    this.settings = settings;
    this.grid = blockGrid(settings);
    // Blocks are visited row by row, and each step looks one row ahead and one back: counted, five rows are hardly ever made twice.
    // A small slide is kept whole, since its cells may be counted before they are drawn.
    const memory = Math.max(5 * (this.grid.columns + 4), SMALL);
    this.#fibres = new FibreField(settings.seed);
    this.#niches = new NicheField(settings.seed);
    this.#layers = ([0, 1] as const).map((layer) => new SeedField(settings, layer, this.#fibres, memory));
    this.#sketches = new BlockMemo(memory, (column, row) => this.#sketch(column, row));
    this.#grown = new BlockMemo(memory, (column, row) => this.#grow(column, row));
    this.#cells = new BlockMemo(memory, (column, row) => this.#finish(column, row));
  }

  /** Cells whose seed lies in the block, sorted by seed y then x; none outside the slide. */
  block(column: number, row: number): Cell[] {
    return this.#cells.get(column, row);
  }

  /** Cells of all blocks that touch a rectangle, by row, column and place in the block. */
  near(rect: RectUm): Cell[] {
    const cells: Cell[] = [];
    for (let row = Math.floor(rect.y0 / BLOCK_UM); row * BLOCK_UM < rect.y1; row++) {
      for (let column = Math.floor(rect.x0 / BLOCK_UM); column * BLOCK_UM < rect.x1; column++) {
        cells.push(...this.block(column, row));
      }
    }
    return cells;
  }

  #sketch(column: number, row: number): Sketch[] {
    const seeds = this.#layers.flatMap((field, layer) => {
      const places = field.block(column, row);
      return Array.from({ length: places.length / 2 }, (_, i) => ({
        x: places[2 * i],
        y: places[2 * i + 1],
        layer: layer as 0 | 1,
      }));
    });
    seeds.sort((a, b) => a.y - b.y || a.x - b.x);
    const stream = new RandomStream(this.settings.seed, 'outlines', column, row);
    return seeds.map(({ x, y, layer }) => {
      const type = this.#niches.drawType(stream, x, y);
      const size = layer === 1 ? UPPER_SIZE : 1;
      const outline = drawOutline(stream, x, y, size, CELL_TYPES[type], this.settings, this.#fibres);
      return { outline, type, layer, floor: layer === 1 ? drawFloor(stream, x, y) : null };
    });
  }

  /** What lies in and around a block, by layer. */
  #layersNear<T extends Sketch>(
    memo: BlockMemo<T[]>,
    column: number,
    row: number,
  ): [NearBins<T>, NearBins<T>] {
    const rect = growRect(blockRect(column, row), 2 * MAX_REACH_UM);
    const near: [NearBins<T>, NearBins<T>] = [new NearBins(rect, BIN_UM), new NearBins(rect, BIN_UM)];
    for (const things of memo.around(column, row)) {
      for (const thing of things) near[thing.layer].add(thing.outline.frame.x, thing.outline.frame.y, thing);
    }
    return near;
  }

  #grow(column: number, row: number): Grown[] {
    const sketches = this.#sketches.get(column, row);
    if (sketches.length === 0) return [];
    const near = this.#layersNear(this.#sketches, column, row);
    return sketches.map((sketch) => ({
      ...sketch,
      body: cellRing(sketch.outline, neighboursOf(sketch, near[sketch.layer])),
    }));
  }

  #finish(column: number, row: number): Cell[] {
    const index = blockIndex(this.grid, column, row);
    if (index < 0) return [];
    const near = this.#layersNear(this.#grown, column, row);
    const stream = new RandomStream(this.settings.seed, 'cells', column, row);
    return this.#grown.get(column, row).map((grown, place) => {
      const { type, layer, body, floor } = grown;
      const nuclei = drawNuclei(stream, body, CELL_TYPES[type], this.settings);
      const covers: Cover[] = [];
      near[1 - layer].visit(body.centreX, body.centreY, body.reachUm + MAX_REACH_UM, (other) => {
        const cover = coverOf(grown, other);
        if (cover) covers.push(cover);
      });
      const z = floor ? floor.height / 2 : stream.normal() - (covers.length > 0 ? 1 : 0);
      return {
        key: index * MAX_CELLS_PER_BLOCK + place,
        type,
        layer,
        body,
        nuclei,
        covers,
        z,
        vendorLuck: stream.uniform(),
        brightness: stream.uniform(),
      };
    });
  }
}

/** Outlines of a layer that can reach into this one, nearest first (so that rays are cut early). */
function neighboursOf({ outline }: Sketch, near: NearBins<Sketch>): Outline[] {
  const { x, y } = outline.frame;
  const found: { other: Outline; d2: number }[] = [];
  near.visit(x, y, outline.reachUm + MAX_REACH_UM, ({ outline: other }) => {
    const dx = other.frame.x - x;
    const dy = other.frame.y - y;
    const d2 = dx * dx + dy * dy;
    const reach = outline.reachUm + other.reachUm;
    if (d2 > 0 && d2 < reach * reach) found.push({ other, d2 });
  });
  return found.sort((a, b) => a.d2 - b.d2).map(({ other }) => other);
}
