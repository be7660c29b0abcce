import { type RectUm, rectContains } from '@spatile/formats/space';
import type { Discovered, SharedRows } from '@spatile/formats/tile/baysor';

/** A cell that a tile found where the prior has none. */
export interface Discovery {
  /** Number of the tile and place among what it discovered. */
  tile: number;
  index: number;
  /** The tile's core, microns. */
  core: RectUm;
  seedX: number;
  seedY: number;
  transcripts: number;
  /** Whether the seed lies in the tile's own core: else only a neighbour's silence can make it count. */
  home: boolean;
  /** Rows of its transcripts where another tile may have found the same cell; empty deep inside the core. */
  rows: Uint32Array;
}

/** Two discoveries are one cell when they share at least this part of the smaller one's transcripts. */
const SHARED = 0.5;

/** The discoveries of one tile. */
export function discoveriesOf(
  tile: number,
  core: RectUm,
  { seedX, seedY, transcripts }: Discovered,
  shared: SharedRows,
): Discovery[] {
  const rows: number[][] = Array.from(seedX, () => []);
  shared.index.forEach((index, i) => {
    rows[index].push(shared.row[i]);
  });
  return Array.from(seedX, (x, index) => ({
    tile,
    index,
    core,
    seedX: x,
    seedY: seedY[index],
    transcripts: transcripts[index],
    home: rectContains(core, x, seedY[index]),
    rows: Uint32Array.from(rows[index]),
  }));
}

/**
 * Which discoveries of all tiles become cells of the slide, in order of (seed y, seed x, tile, index): a function of the set alone.
 *
 * In order of (home first, more transcripts, tile, index) a discovery is taken unless it is the same cell as one taken before (they
 * share half of the smaller one's transcripts). One whose seed lies in another tile's core counts only where that tile found the
 * same cell and put its seed in turn on this side of the edge.
 */
export function settleDiscoveries(found: readonly Discovery[]): Discovery[] {
  const order = [...found].sort(
    (a, b) =>
      Number(b.home) - Number(a.home) ||
      b.transcripts - a.transcripts ||
      a.tile - b.tile ||
      a.index - b.index,
  );
  const partners = partnersOf(order);
  const taken = new Uint8Array(order.length);
  order.forEach((discovery, k) => {
    const others = partners[k];
    if (others.some((other) => taken[other] === 1)) return;
    if (discovery.home || others.some((other) => eachInTheOther(discovery, order[other]))) taken[k] = 1;
  });
  return order
    .filter((_, k) => taken[k] === 1)
    .sort((a, b) => a.seedY - b.seedY || a.seedX - b.seedX || a.tile - b.tile || a.index - b.index);
}

/** Whether each of two tiles put the seed of their cell in the other's core, so that neither calls it its own. */
const eachInTheOther = (a: Discovery, b: Discovery): boolean =>
  rectContains(b.core, a.seedX, a.seedY) && rectContains(a.core, b.seedX, b.seedY);

/** For each discovery those of other tiles that are the same cell. */
function partnersOf(order: readonly Discovery[]): number[][] {
  const partners: number[][] = order.map(() => []);
  const byRow = new Map<number, number[]>();
  order.forEach(({ rows }, k) => {
    const shared = new Map<number, number>();
    for (const row of rows) {
      const holders = byRow.get(row);
      if (holders === undefined) {
        byRow.set(row, [k]);
        continue;
      }
      for (const other of holders) shared.set(other, (shared.get(other) ?? 0) + 1);
      holders.push(k);
    }
    for (const [other, n] of shared) {
      if (order[other].tile === order[k].tile) continue;
      if (n < SHARED * Math.min(rows.length, order[other].rows.length)) continue;
      partners[k].push(other);
      partners[other].push(k);
    }
  });
  return partners;
}
