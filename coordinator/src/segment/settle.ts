import { PART_NUCLEUS, type SegmentResult } from '@spatile/formats/tile/segment';
import { type Box, boxesMeet, boxOf, pixelsOf, type ShapeRuns, sharedPixels, without } from './shape.ts';

/** A part of a unit: its pixels and what was measured on them. */
export interface SettledPart {
  runs: ShapeRuns;
  eccentricity: number;
  solidity: number;
  /** Mean raw intensity by plane. */
  means: Float32Array;
}

/** A cell of the segment stage. */
export interface SettledUnit {
  /** Index of the tile that reported it. */
  tile: number;
  seedX: number;
  seedY: number;
  score: number;
  /** Index into `CELL_METHODS`. */
  method: number;
  nuclei: number;
  marginPx: number;
  nucleus: SettledPart | null;
  cell: SettledPart | null;
}

export interface Settled {
  /** By (seed y, seed x). */
  units: SettledUnit[];
  /** Instances that another tile reported too, and those that lost pixels to a neighbour of another tile. */
  diagnostics: { reported: number; joined: number; cut: number; lost: number };
}

/** Two tiles mean one instance when they share so much of both, or of the smaller. */
const SAME_IOU = 0.5;
const SAME_OVER_SMALLER = 0.7;
/** Edge of the squares in which instances are looked up, grid pixels. */
const SQUARE_PX = 64;

/**
 * Settles what tiles say into one set of units: reports of one instance by several tiles become one (the one that saw most
 * around itself, then the surer, then of the first tile; never their union, which would grow over chains), instances that no
 * tile owns are kept, and pixels claimed by two tiles go to the surer instance. Does not depend on the order in which tiles
 * finished. Errors: none.
 *
 * @param minPixels units that end up smaller are dropped.
 */
export function settleUnits(results: readonly SegmentResult[], minPixels: number): Settled {
  const all = results.flatMap(unitsOf);
  const main = all.map(mainRuns);
  const boxes = main.map(boxOf);
  const rivals = meetingPairs(all, boxes);
  const sizes = main.map(pixelsOf);
  const same = all.map((): number[] => []);
  for (const [i, k] of rivals) {
    const shared = sharedPixels(main[i], main[k]);
    const one =
      shared >= SAME_IOU * (sizes[i] + sizes[k] - shared) ||
      shared >= SAME_OVER_SMALLER * Math.min(sizes[i], sizes[k]);
    if (!one) continue;
    same[i].push(k);
    same[k].push(i);
  }
  const kept = withoutRepeats(all, same);
  const cut = divideContested(kept);
  const units = kept.filter((unit) => hasPixels(unit, minPixels)).sort(bySeed);
  return {
    units,
    diagnostics: {
      reported: all.length,
      joined: all.length - kept.length,
      cut,
      lost: kept.length - units.length,
    },
  };
}

/**
 * Goes through reports from the preferred one down and keeps each that is none of those kept already. What two reports of a tile
 * share with a third of another tile does not make them one: they go or stay together with that one's fate.
 */
function withoutRepeats(all: readonly SettledUnit[], same: readonly (readonly number[])[]): SettledUnit[] {
  const order = all.map((_, i) => i).sort((a, b) => (preferred(all[a], all[b]) ? -1 : 1));
  const kept = new Uint8Array(all.length);
  for (const i of order) if (!same[i].some((k) => kept[k] === 1)) kept[i] = 1;
  return all.filter((_, i) => kept[i] === 1);
}

const bySeed = (a: SettledUnit, b: SettledUnit): number =>
  a.seedY - b.seedY || a.seedX - b.seedX || a.tile - b.tile;

/** The first tile first; within one, the first seed. */
const byTile = (a: SettledUnit, b: SettledUnit): number => a.tile - b.tile || bySeed(a, b);

const mainRuns = ({ nucleus, cell }: SettledUnit): ShapeRuns => (nucleus ?? cell!).runs;

function preferred(a: SettledUnit, b: SettledUnit): boolean {
  if (a.marginPx !== b.marginPx) return a.marginPx > b.marginPx;
  if (a.score !== b.score) return a.score > b.score;
  return byTile(a, b) < 0;
}

function hasPixels({ nucleus, cell }: SettledUnit, minPixels: number): boolean {
  return [nucleus, cell].some((part) => part !== null && pixelsOf(part.runs) >= minPixels);
}

/** The units of one tile's result. */
function unitsOf(result: SegmentResult, tile: number): SettledUnit[] {
  const { units, parts, means, runs, meta } = result;
  const out = Array.from(
    units.seedX,
    (seedX, i): SettledUnit => ({
      tile,
      seedX,
      seedY: units.seedY[i],
      score: units.score[i],
      method: units.method[i],
      nuclei: units.nuclei[i],
      marginPx: units.marginPx[i],
      nucleus: null,
      cell: null,
    }),
  );
  let from = 0;
  for (let p = 0; p < parts.unit.length; p++) {
    let to = from;
    while (to < runs.part.length && runs.part[to] === p) to++;
    const part: SettledPart = {
      // Views: copies of their own would each take as much again.
      runs: {
        y: runs.y.subarray(from, to),
        x: runs.x.subarray(from, to),
        length: runs.length.subarray(from, to),
      },
      eccentricity: parts.eccentricity[p],
      solidity: parts.solidity[p],
      means: means.value.subarray(p * meta.channels, (p + 1) * meta.channels),
    };
    if (parts.kind[p] === PART_NUCLEUS) out[parts.unit[p]].nucleus = part;
    else out[parts.unit[p]].cell = part;
    from = to;
  }
  return out;
}

/** Pairs of units of different tiles whose boxes meet, each once. */
function meetingPairs(units: readonly SettledUnit[], boxes: readonly Box[]): [number, number][] {
  const squares = new Map<string, number[]>();
  const pairs = new Map<string, [number, number]>();
  boxes.forEach((box, i) => {
    for (let r = Math.floor(box.y0 / SQUARE_PX); r * SQUARE_PX < box.y1; r++) {
      for (let c = Math.floor(box.x0 / SQUARE_PX); c * SQUARE_PX < box.x1; c++) {
        const key = `${r},${c}`;
        const there = squares.get(key) ?? [];
        for (const k of there)
          if (units[k].tile !== units[i].tile && boxesMeet(box, boxes[k])) pairs.set(`${k},${i}`, [k, i]);
        there.push(i);
        squares.set(key, there);
      }
    }
  });
  return [...pairs.values()];
}

/** Gives pixels that two units of different tiles hold to the surer one, kind by kind; in place. @returns units that lost some. */
function divideContested(units: SettledUnit[]): number {
  const cut = new Set<SettledUnit>();
  for (const kind of ['nucleus', 'cell'] as const) {
    const held = units.filter((unit) => unit[kind] !== null);
    const boxes = held.map((unit) => boxOf(unit[kind]!.runs));
    const pairs = meetingPairs(held, boxes)
      .map(([i, k]) => (surer(held[i], held[k]) ? [held[i], held[k]] : [held[k], held[i]]))
      .sort((a, b) => bySurety(a[0], b[0]) || bySurety(a[1], b[1]));
    for (const [winner, loser] of pairs) {
      if (winner[kind] === null || loser[kind] === null) continue;
      const left = without(loser[kind].runs, winner[kind].runs);
      if (left === loser[kind].runs) continue;
      cut.add(loser);
      loser[kind] = left.y.length === 0 ? null : { ...loser[kind], runs: left };
    }
  }
  return cut.size;
}

const bySurety = (a: SettledUnit, b: SettledUnit): number => b.score - a.score || bySeed(a, b);
const surer = (a: SettledUnit, b: SettledUnit): boolean => bySurety(a, b) < 0;
