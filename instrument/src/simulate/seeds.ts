import type { RectUm } from '@spatile/formats/space';
import { cos, sin } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { BLOCK_UM, BlockMemo, blockGrid, blockIndex, blockRect } from './blocks.ts';
import type { FibreField } from './fibres.ts';
import type { Settings } from './options.ts';
import { SmoothField } from './smooth-field.ts';

/** Tries per square spacing in the first layer, and the seeds per square spacing they leave. */
const TRIES = 4.5;
export const PACKING = 0.55;
/** Cells keep this far from the slide's edge, so that their transcripts are seen. */
const EDGE_UM = 8;
/** Size of gaps in the tissue. */
const GAP_SCALE_UM = 90;

/**
 * Seeds of one layer of cells, at least the spacing apart (farther along the fibres and nearer across where the tissue is
 * elongated): random sequential packing. Blocks of even column and row are packed alone, the others around what lies in
 * the neighbours that come before them; so each block is packed once, and is the same whichever is asked for first.
 */
export class SeedField {
  readonly #settings: Settings;
  readonly #layer: 0 | 1;
  readonly #fibres: FibreField;
  readonly #gaps: SmoothField;
  readonly #memo: BlockMemo<Float64Array>;

  constructor(settings: Settings, layer: 0 | 1, fibres: FibreField, memory: number) {
    this.#settings = settings;
    this.#layer = layer;
    this.#fibres = fibres;
    this.#gaps = new SmoothField(settings.seed, 'tissue-gap', GAP_SCALE_UM);
    this.#memo = new BlockMemo(memory, (column, row) => this.#pack(column, row));
  }

  /** Seeds in one block as x, y pairs in microns, in the order of their making; none outside the slide. */
  block(column: number, row: number): Float64Array {
    return this.#memo.get(column, row);
  }

  #pack(column: number, row: number): Float64Array {
    const { seed, spacingUm, sizeUm } = this.#settings;
    if (blockIndex(blockGrid(this.#settings), column, row) < 0) return new Float64Array(0);
    const rect = blockRect(column, row);
    const packing = new Packing(rect, this.#settings, this.#fibres);
    for (const [dx, dy] of earlierNeighbours(column, row)) packing.addAll(this.block(column + dx, row + dy));
    const stream = new RandomStream(seed, this.#layer === 0 ? 'seeds' : 'seeds-above', column, row);
    const tries = Math.round((this.#triesPerSpacing() * BLOCK_UM ** 2) / spacingUm ** 2);
    const found: number[] = [];
    for (let i = 0; i < tries; i++) {
      const x = rect.x0 + BLOCK_UM * stream.uniform();
      const y = rect.y0 + BLOCK_UM * stream.uniform();
      if (x < EDGE_UM || y < EDGE_UM || x >= sizeUm - EDGE_UM || y >= sizeUm - EDGE_UM) continue;
      if (packing.addIfFree(x, y, (px, py) => !this.#isGap(px, py))) found.push(x, y);
    }
    return Float64Array.from(found);
  }

  /** The upper layer is packed so loosely that few tries fail, about twice the share of the ground that discs of the spacing cover. */
  #triesPerSpacing(): number {
    if (this.#layer === 0) return TRIES;
    const wanted = this.#settings.overlapShare * PACKING;
    return wanted / (1 - (Math.PI / 2) * wanted);
  }

  /** A value of such a field is below 0.68 sqrt(p) with a chance of p, for p up to 0.4 (measured to 0.01). */
  #isGap(x: number, y: number): boolean {
    const { gapShare } = this.#settings;
    return gapShare > 0 && this.#gaps.at(x, y) < 0.68 * Math.sqrt(gapShare);
  }
}

/** Steps to the neighbours that are packed before a block: those of fewer odd places among (column, row), row first. */
function earlierNeighbours(column: number, row: number): [number, number][] {
  const isOddColumn = (column & 1) === 1;
  const isOddRow = (row & 1) === 1;
  const beside: [number, number][] = [
    [-1, 0],
    [1, 0],
  ];
  const across: [number, number][] = [
    [0, -1],
    [0, 1],
  ];
  const diagonal: [number, number][] = [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ];
  if (isOddColumn && isOddRow) return [...beside, ...across, ...diagonal];
  if (isOddRow) return [...across, ...diagonal];
  return isOddColumn ? beside : [];
}

/** Seeds in and around a block, by square bins as wide as the farthest place that a seed keeps free. */
class Packing {
  readonly #rect: RectUm;
  readonly #settings: Settings;
  readonly #fibres: FibreField;
  readonly #binUm: number;
  readonly #side: number;
  /** Per bin x, y and the metric (xx, xy, yy) of each seed: in it a seed's neighbours are at least 1 away. */
  readonly #bins: number[][];

  constructor(rect: RectUm, settings: Settings, fibres: FibreField) {
    this.#rect = rect;
    this.#settings = settings;
    this.#fibres = fibres;
    this.#binUm = settings.spacingUm * Math.sqrt(Math.max(1, settings.aspect));
    this.#side = Math.ceil(BLOCK_UM / this.#binUm) + 4;
    this.#bins = Array.from({ length: this.#side ** 2 }, () => []);
  }

  /** Adds another block's seeds, as far as they matter here. */
  addAll(seeds: Float64Array): void {
    const { x0, y0, x1, y1 } = this.#rect;
    const reach = this.#binUm;
    for (let i = 0; i < seeds.length; i += 2) {
      const [x, y] = [seeds[i], seeds[i + 1]];
      if (x < x0 - reach || y < y0 - reach || x > x1 + reach || y > y1 + reach) continue;
      this.#bins[this.#binOf(x, y)].push(x, y, ...this.#metricAt(x, y));
    }
  }

  /** Adds a seed in the block unless another one is too near or `isAllowed` says no; whether it was added. */
  addIfFree(x: number, y: number, isAllowed: (x: number, y: number) => boolean): boolean {
    const bin = this.#binOf(x, y);
    const metric = this.#metricAt(x, y);
    for (let step = -1; step <= 1; step++) {
      for (let b = bin + step * this.#side - 1; b <= bin + step * this.#side + 1; b++) {
        if (isTooNear(this.#bins[b], x, y, metric)) return false;
      }
    }
    if (!isAllowed(x, y)) return false;
    this.#bins[bin].push(x, y, ...metric);
    return true;
  }

  #binOf(x: number, y: number): number {
    const column = Math.floor((x - this.#rect.x0) / this.#binUm) + 2;
    return (Math.floor((y - this.#rect.y0) / this.#binUm) + 2) * this.#side + column;
  }

  /** Spacing times the root of the aspect along the fibres, divided by it across. */
  #metricAt(x: number, y: number): [number, number, number] {
    const { spacingUm, aspect } = this.#settings;
    const unit = 1 / (spacingUm * spacingUm);
    if (aspect <= 1) return [unit, 0, unit];
    const angle = this.#fibres.angleAt(x, y);
    const [c, s] = [cos(angle), sin(angle)];
    const along = unit / aspect;
    const across = unit * aspect;
    return [c * c * along + s * s * across, c * s * (along - across), s * s * along + c * c * across];
  }
}

/** Whether a place is nearer than 1 to a seed of the bin by the mean of both metrics. */
function isTooNear(bin: readonly number[], x: number, y: number, [xx, xy, yy]: readonly number[]): boolean {
  for (let k = 0; k < bin.length; k += 5) {
    const dx = bin[k] - x;
    const dy = bin[k + 1] - y;
    const twice = (xx + bin[k + 2]) * dx * dx + 2 * (xy + bin[k + 3]) * dx * dy + (yy + bin[k + 4]) * dy * dy;
    if (twice < 2) return true;
  }
  return false;
}
