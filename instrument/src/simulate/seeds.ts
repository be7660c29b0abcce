import { rectContains } from '@spatile/formats/space';
import { RandomStream } from '@spatile/random/stream';
import { BLOCK_UM, BlockMemo, blockGrid, blockIndex, blockRect } from './blocks.ts';
import type { Settings } from './options.ts';
import { SmoothField } from './smooth-field.ts';

/** Points with a random priority, structure of arrays. */
interface Candidates {
  x: Float64Array;
  y: Float64Array;
  priority: Float64Array;
}

/** Candidates per spacing squared: enough that a place left empty is rare. */
const CROWDING = 5;
/** Rounds of thinning; each lets a decision depend on candidates up to one spacing farther away. */
const ROUNDS = 12;
/** Cells keep this far from the slide's edge, so that their transcripts are seen. */
const EDGE_UM = 8;
/** Size of gaps in the tissue. */
const GAP_SCALE_UM = 90;

/**
 * Cell seeds, at least `spacingUm` apart: random sequential packing, decided locally. Of all candidates those of the
 * highest priority within the spacing are kept, what is too near to them is dropped, and so on for a few rounds; so what
 * a block holds depends on its surroundings of `ROUNDS * spacingUm` only (a Matérn process of several rounds).
 */
export class SeedField {
  readonly #settings: Settings;
  readonly #gaps: SmoothField;
  readonly #candidates: BlockMemo<Candidates>;

  constructor(settings: Settings, memory: number) {
    this.#settings = settings;
    this.#gaps = new SmoothField(settings.seed, 'tissue-gap', GAP_SCALE_UM);
    this.#candidates = new BlockMemo(memory, (column, row) => this.#draw(column, row));
  }

  /** Seeds in one block as x, y pairs in microns, sorted by y then x. */
  block(column: number, row: number): Float64Array {
    if (blockIndex(blockGrid(this.#settings), column, row) < 0) return new Float64Array(0);
    const spacing = this.#settings.spacingUm;
    const reach = ROUNDS * spacing;
    const rect = blockRect(column, row);
    const near = merge(
      this.#candidates.around(column, row),
      (x, y) => x >= rect.x0 - reach && x < rect.x1 + reach && y >= rect.y0 - reach && y < rect.y1 + reach,
    );
    const kept = thin(near, spacing, rect.x0 - reach, rect.y0 - reach, BLOCK_UM + 2 * reach);
    const inside: number[] = [];
    for (let i = 0; i < kept.length; i++) {
      if (kept[i] === 1 && rectContains(rect, near.x[i], near.y[i])) inside.push(i);
    }
    inside.sort((a, b) => near.y[a] - near.y[b] || near.x[a] - near.x[b]);
    return Float64Array.from(inside.flatMap((i) => [near.x[i], near.y[i]]));
  }

  #draw(column: number, row: number): Candidates {
    const { seed, spacingUm, sizeUm } = this.#settings;
    if (blockIndex(blockGrid(this.#settings), column, row) < 0) return empty();
    const stream = new RandomStream(seed, 'seeds', column, row);
    const { x0, y0 } = blockRect(column, row);
    const n = Math.round((CROWDING * BLOCK_UM ** 2) / spacingUm ** 2);
    const x: number[] = [];
    const y: number[] = [];
    const priority: number[] = [];
    for (let i = 0; i < n; i++) {
      const px = x0 + BLOCK_UM * stream.uniform();
      const py = y0 + BLOCK_UM * stream.uniform();
      const p = stream.uniform();
      if (px < EDGE_UM || py < EDGE_UM || px >= sizeUm - EDGE_UM || py >= sizeUm - EDGE_UM) continue;
      if (this.#isGap(px, py)) continue;
      x.push(px);
      y.push(py);
      priority.push(p);
    }
    return { x: Float64Array.from(x), y: Float64Array.from(y), priority: Float64Array.from(priority) };
  }

  /** The field is near 0.5 most often; this threshold leaves out about `gapShare` of the slide. */
  #isGap(x: number, y: number): boolean {
    const { gapShare } = this.#settings;
    return gapShare > 0 && this.#gaps.at(x, y) < 0.12 + 0.9 * gapShare;
  }
}

function empty(): Candidates {
  return { x: new Float64Array(0), y: new Float64Array(0), priority: new Float64Array(0) };
}

function merge(parts: Candidates[], wanted: (x: number, y: number) => boolean): Candidates {
  const x: number[] = [];
  const y: number[] = [];
  const priority: number[] = [];
  for (const part of parts) {
    for (let i = 0; i < part.x.length; i++) {
      if (!wanted(part.x[i], part.y[i])) continue;
      x.push(part.x[i]);
      y.push(part.y[i]);
      priority.push(part.priority[i]);
    }
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y), priority: Float64Array.from(priority) };
}

/**
 * 1 for kept candidates, 2 for those too near to one, 0 for undecided. The square (x0, y0, extent) holds all of them. In
 * each round every candidate looks at the stronger ones around it as they were when the round began.
 */
function thin(points: Candidates, spacing: number, x0: number, y0: number, extent: number): Uint8Array {
  const { start, list } = strongerNeighbours(points, spacing, x0, y0, extent);
  const state = new Uint8Array(points.x.length);
  let undecided = Uint32Array.from(state, (_, i) => i);
  for (let round = 0; round < ROUNDS; round++) {
    const verdicts = undecided.map((i) => {
      let verdict = 1;
      for (let k = start[i]; k < start[i + 1]; k++) {
        if (state[list[k]] === 1) return 2;
        if (state[list[k]] === 0) verdict = 0;
      }
      return verdict;
    });
    undecided.forEach((i, k) => {
      state[i] = verdicts[k];
    });
    undecided = undecided.filter((i) => state[i] === 0);
  }
  return state;
}

/** For each candidate the others within the spacing that have a higher priority. */
function strongerNeighbours(
  points: Candidates,
  spacing: number,
  x0: number,
  y0: number,
  extent: number,
): { start: Uint32Array; list: number[] } {
  const { x, y, priority } = points;
  const n = x.length;
  const side = Math.ceil(extent / spacing) + 3;
  const bin = new Uint32Array(n);
  const first = new Uint32Array(side * side + 1);
  for (let i = 0; i < n; i++) {
    const column = Math.floor((x[i] - x0) / spacing) + 1;
    bin[i] = (Math.floor((y[i] - y0) / spacing) + 1) * side + column;
    first[bin[i] + 1]++;
  }
  for (let b = 0; b < side * side; b++) first[b + 1] += first[b];
  const fill = first.slice();
  const byBin = new Uint32Array(n);
  for (let i = 0; i < n; i++) byBin[fill[bin[i]]++] = i;
  const start = new Uint32Array(n + 1);
  const list: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let step = -1; step <= 1; step++) {
      const from = bin[i] + step * side - 1;
      for (let k = first[from]; k < first[from + 3]; k++) {
        const j = byBin[k];
        if (priority[j] <= priority[i]) continue;
        const dx = x[j] - x[i];
        const dy = y[j] - y[i];
        if (dx * dx + dy * dy < spacing * spacing) list.push(j);
      }
    }
    start[i + 1] = list.length;
  }
  return { start, list };
}
