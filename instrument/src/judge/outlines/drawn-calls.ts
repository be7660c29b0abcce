import { closeRing, pointInRings, ringBounds } from '@spatile/formats/geometry/ring';
import type { RectUm } from '@spatile/formats/space';
import { type Contingency, type GroupedRows, groupRows, tallyPairs } from '../contingency.ts';
import { birthExtent } from '../extent.ts';
import { matchCells } from '../match-cells.ts';
import type { CellOutline } from '../read/result.ts';
import type { Region } from '../region.ts';
import { transcriptScores } from '../transcript-scores.ts';
import type { Truth } from '../truth.ts';

/** Edge of the squares by which places are looked up. */
const BIN_UM = 4;
/** A slide of 8 mm has so many; larger ones get larger squares. */
const MAX_BINS = 1 << 22;

interface Size {
  area: number;
  x: number;
  y: number;
}

/** Transcripts of cells brought to the outlines on whose ground they were born, and those outlines to true cells. */
export interface DrawnCalls {
  table: Contingency;
  match: Uint32Array;
}

/**
 * As `f1`, `recall` and `precision`, but each transcript of a cell belongs to the outline on whose ground it was born,
 * whatever the result says of it: how good the drawn cells are, apart from leaks, background and calls.
 */
export interface DrawnScores {
  drawnF1: number | null;
  drawnRecall: number | null;
  drawnPrecision: number | null;
}

/**
 * Collects, outline by outline, the transcripts of cells that were born on it. Where outlines lie over each other the
 * smallest has them. Those born on ground that true cells share are left out, since no flat outline can be right for them.
 * Memory: 8 bytes per transcript.
 */
export class DrawnCollector {
  readonly #truth: Truth;
  readonly #chosen: Uint8Array;
  /** By row: place of the outline plus 1; 0 = on none. */
  readonly #outline: Uint32Array;
  readonly #sizes: Size[] = [];
  readonly #bins: GroupedRows;
  readonly #frame: { x0: number; y0: number; binUm: number; columns: number; rows: number };

  /** `rows` are the judged ones by true cell; `isShared`: 1 by row that was born on ground that true cells share. */
  constructor(truth: Truth, rows: GroupedRows, isShared: Uint8Array) {
    this.#truth = truth;
    this.#chosen = new Uint8Array(truth.cell.length);
    for (const row of rows.order) if (truth.cell[row] > 0 && isShared[row] === 0) this.#chosen[row] = 1;
    this.#outline = new Uint32Array(truth.cell.length);
    this.#frame = frameOf(truth);
    const { columns, rows: height } = this.#frame;
    const bin = new Uint32Array(truth.cell.length);
    for (let row = 0; row < bin.length; row++)
      bin[row] = this.#rowOf(truth.y[row]) * columns + this.#columnOf(truth.x[row]);
    this.#bins = groupRows(bin, columns * height - 1, this.#chosen);
  }

  /** The next outline, its area in um2 and its centre of gravity. */
  add(polygons: CellOutline['polygons'], size: Size): void {
    const place = this.#sizes.push(size);
    for (const open of polygons) {
      const rings = open.map(closeRing);
      const box = ringBounds(rings);
      if (box !== null) this.#addRings(rings, box, place);
    }
  }

  #addRings(rings: readonly Float64Array[], box: RectUm, place: number): void {
    const { columns, rows } = this.#frame;
    const [first, last] = [
      Math.max(0, this.#columnOf(box.x0)),
      Math.min(columns - 1, this.#columnOf(box.x1)),
    ];
    if (!(first <= last)) return;
    const bottom = Math.min(rows - 1, this.#rowOf(box.y1));
    const { start, order } = this.#bins;
    const { x, y } = this.#truth;
    for (let row = Math.max(0, this.#rowOf(box.y0)); row <= bottom; row++) {
      const end = start[row * columns + last + 1];
      for (let k = start[row * columns + first]; k < end; k++) {
        const at = order[k];
        const isIn = x[at] >= box.x0 && x[at] <= box.x1 && pointInRings(rings, x[at], y[at]);
        if (isIn && this.#isSmaller(place, this.#outline[at])) this.#outline[at] = place;
      }
    }
  }

  /** What was collected. `border`: 1 by row where it was born near a tile border. */
  finish(border: Uint8Array): DrawnCalls {
    const truth = this.#truth;
    const rows = groupRows(truth.cell, truth.cells, this.#chosen);
    const table = tallyPairs(rows, this.#outline, this.#sizes.length, truth.leaked, border);
    return { table, match: matchCells(table) };
  }

  /** Whether an outline is smaller than another (0 = none); of equal ones the leftmost, then the uppermost. */
  #isSmaller(place: number, other: number): boolean {
    if (other === 0) return true;
    const [a, b] = [this.#sizes[place - 1], this.#sizes[other - 1]];
    return a.area - b.area < 0 || (a.area === b.area && (a.x - b.x || a.y - b.y) < 0);
  }

  #columnOf(x: number): number {
    return Math.floor((x - this.#frame.x0) / this.#frame.binUm);
  }

  #rowOf(y: number): number {
    return Math.floor((y - this.#frame.y0) / this.#frame.binUm);
  }
}

export function drawnScores(drawn: DrawnCalls | null, region: Region): DrawnScores {
  if (drawn === null) return { drawnF1: null, drawnRecall: null, drawnPrecision: null };
  const { f1, recall, precision } = transcriptScores(drawn.table, drawn.match, region);
  return { drawnF1: f1, drawnRecall: recall, drawnPrecision: precision };
}

function frameOf(truth: Truth) {
  const { x0, y0, x1, y1 } = birthExtent(truth);
  const [width, height] = [x1 - x0, y1 - y0];
  const binUm = Math.max(BIN_UM, Math.sqrt((width * height) / MAX_BINS), (width + height) / MAX_BINS);
  const [columns, rows] = [Math.floor(width / binUm) + 1, Math.floor(height / binUm) + 1];
  return { x0, y0, binUm, columns, rows };
}
