import type { RectUm } from '@spatile/formats/space';
import { RandomStream } from '@spatile/random/stream';
import { BLOCK_UM, type BlockGrid, BlockMemo, blockGrid, blockIndex, MAX_CELLS_PER_BLOCK } from './blocks.ts';
import { CELL_TYPES, NicheField } from './cell-types.ts';
import type { Settings } from './options.ts';
import { SeedField } from './seeds.ts';
import { cellRing, drawOutline, nucleusRing, type Outline } from './shapes.ts';
import type { StarRing } from './star-ring.ts';

export interface Cell {
  /** Unique over the slide and known without the other blocks: block index times `MAX_CELLS_PER_BLOCK` plus the place in it. */
  key: number;
  /** Index into `CELL_TYPES`. */
  type: number;
  body: StarRing;
  /** None, one or two. */
  nuclei: readonly StarRing[];
  /** Height of the cell's middle against the section's, microns. */
  z: number;
  /** What the vendor's segmentation does to it and how bright its nucleus is; uniforms in (0, 1). */
  vendorLuck: number;
  brightness: number;
}

interface Sketch {
  outline: Outline;
  type: number;
}

/** Every cell of the slide, block by block; a block's cells depend on its eight neighbours' seeds only. */
export class Tissue {
  readonly settings: Settings;
  readonly grid: BlockGrid;
  readonly #niches: NicheField;
  readonly #sketches: BlockMemo<Sketch[]>;
  readonly #cells: BlockMemo<Cell[]>;

  constructor(settings: Settings) {
    this.settings = settings;
    this.grid = blockGrid(settings);
    // Blocks are visited row by row and look two rows ahead: four rows are never made twice.
    const memory = 4 * (this.grid.columns + 4);
    const seeds = new SeedField(settings, memory);
    this.#niches = new NicheField(settings.seed);
    this.#sketches = new BlockMemo(memory, (column, row) =>
      this.#sketch(seeds.block(column, row), column, row),
    );
    this.#cells = new BlockMemo(memory, (column, row) => this.#grow(column, row));
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

  #sketch(seeds: Float64Array, column: number, row: number): Sketch[] {
    const stream = new RandomStream(this.settings.seed, 'outlines', column, row);
    const sketches: Sketch[] = [];
    for (let i = 0; i < seeds.length; i += 2) {
      const type = this.#niches.drawType(stream, seeds[i], seeds[i + 1]);
      const outline = drawOutline(stream, seeds[i], seeds[i + 1], CELL_TYPES[type], this.settings);
      sketches.push({ outline, type });
    }
    return sketches;
  }

  #grow(column: number, row: number): Cell[] {
    const index = blockIndex(this.grid, column, row);
    if (index < 0) return [];
    const around = this.#sketches.around(column, row).flat();
    const stream = new RandomStream(this.settings.seed, 'cells', column, row);
    return this.#sketches.get(column, row).map(({ outline, type }, place) => {
      const body = cellRing(outline, neighboursOf(outline, around));
      return {
        key: index * MAX_CELLS_PER_BLOCK + place,
        type,
        body,
        nuclei: [nucleusRing(stream, body, CELL_TYPES[type])],
        z: stream.normal(),
        vendorLuck: stream.uniform(),
        brightness: stream.uniform(),
      };
    });
  }
}

/** Outlines that can reach into this one, nearest first (so that rays are cut early). */
function neighboursOf(outline: Outline, around: readonly Sketch[]): Outline[] {
  const found: { other: Outline; d2: number }[] = [];
  for (const { outline: other } of around) {
    const dx = other.x - outline.x;
    const dy = other.y - outline.y;
    const d2 = dx * dx + dy * dy;
    const reach = outline.reachUm + other.reachUm;
    if (d2 > 0 && d2 < reach * reach) found.push({ other, d2 });
  }
  return found.sort((a, b) => a.d2 - b.d2).map(({ other }) => other);
}
