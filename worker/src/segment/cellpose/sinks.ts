/** A sink that is no seed of a mask holds at most so many pixels; one that can be part of a mask at least three. */
const SEED_PIXELS = 10;
const PART_PIXELS = 2;
/** A seed has most pixels within this reach. */
const PEAK_REACH = 2;
/** Rounds that a seed grows, by one pixel each. */
const GROWTH = 5;

/**
 * Masks from the sinks of pixels: peaks of the number of pixels that end in a place are seeds, a seed grows over places
 * where pixels end, and a pixel belongs to the mask at its sink. Where two masks grow over a place, the one whose seed holds
 * more pixels has it; among equals the one that lies later in reading order.
 *
 * `from`, `sink`: place (row x columns + column) of each pixel and of its sink. Labels are numbered by the seeds' order.
 */
export function masksOf(
  from: Int32Array,
  sink: Int32Array,
  rows: number,
  columns: number,
): { labels: Int32Array; count: number } {
  const ends = new Int32Array(rows * columns);
  for (const place of sink) ends[place]++;
  const seeds = seedsOf(ends, rows, columns);
  const owner = new Int32Array(rows * columns);
  for (const [i, seed] of seeds.entries()) grow(seed, i + 1, ends, owner, rows, columns);
  const number = new Int32Array(seeds.length + 1);
  let count = 0;
  for (const place of sink) if (owner[place] > 0) number[owner[place]] = 1;
  for (let i = 1; i < number.length; i++) if (number[i] === 1) number[i] = ++count;
  const labels = new Int32Array(rows * columns);
  for (let i = 0; i < from.length; i++) labels[from[i]] = number[owner[sink[i]]];
  return { labels, count };
}

/** Places with more pixels than `SEED_PIXELS` and as many as any around them, by number of pixels, then by place. */
function seedsOf(ends: Int32Array, rows: number, columns: number): number[] {
  const seeds: number[] = [];
  for (let place = 0; place < ends.length; place++) {
    if (ends[place] <= SEED_PIXELS) continue;
    const row = Math.floor(place / columns);
    const column = place - row * columns;
    let highest = true;
    for (let y = Math.max(0, row - PEAK_REACH); highest && y <= Math.min(rows - 1, row + PEAK_REACH); y++)
      for (let x = Math.max(0, column - PEAK_REACH); x <= Math.min(columns - 1, column + PEAK_REACH); x++)
        if (ends[y * columns + x] > ends[place]) highest = false;
    if (highest) seeds.push(place);
  }
  return seeds.sort((a, b) => ends[a] - ends[b] || a - b);
}

function grow(
  seed: number,
  label: number,
  ends: Int32Array,
  owner: Int32Array,
  rows: number,
  columns: number,
): void {
  const reached = new Set([seed]);
  let edge = [seed];
  for (let round = 0; round < GROWTH; round++) {
    const next: number[] = [];
    for (const place of edge) {
      const row = Math.floor(place / columns);
      const column = place - row * columns;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
          const at = y * columns + x;
          if (reached.has(at) || ends[at] <= PART_PIXELS) continue;
          reached.add(at);
          next.push(at);
        }
      }
    }
    edge = next;
  }
  for (const place of reached) owner[place] = label;
}
