/**
 * Where the outlines of one label image lie in linear memory: sizes and addresses that TypeScript lays out, and what the steps
 * count. Field order is the layout; `bind-outlines.ts` lists the same names (a test compares them).
 *
 * | array | type and shape | meaning |
 * | --- | --- | --- |
 * | framed | i32[rows + 2][columns + 2] | labels in a frame of background |
 * | marks | u8[rows + 2][columns + 2] | bit 0: top edge walked; bit 1: parity of a filling; bit 2: a chosen outline begins here |
 * | path, leaving | u32, u8 [turns] | corners of the border being walked, y << 16 or x, and the direction each is left in |
 * | nodes | i32[turns] | which of them are nodes |
 * | corner | u32[turns + meetings] | corners of all arcs |
 * | arc | i32[arcs][8] | first corner, corners, closed, in use, first point, points as traced, points kept, 1 + round of its check |
 * | ring | i32[rings][8] | label, first of its arcs, arcs, place of its start, twice its area (i64), 1 for the outline of its label |
 * | ringArc | i32[turns] | arcs of rings; ~arc where it is walked backwards |
 * | table | i32[tableSize][2] | first step of an arc's way back, as place * 4 + direction + 1, and the arc |
 * | best | i32[labels + 1] | ring that outlines a label, -1 for none |
 * | traced, kept | i32[points][2] | lines as traced and simplified, in half pixels |
 * | keep, spans | u8[longest], i32[longest][2] | simplifying: points that stay, stretches to be looked at |
 * | cellStart | u32[cells + 1] | segments by square of the grid |
 * | entry | i32[entries][2] | arc and first point of each segment in a square |
 */
@unmanaged
export class Slots {
  rows: i32;
  columns: i32;
  width: i32;
  labels: i32;
  turns: i32;
  meetings: i32;
  arcs: i32;
  rings: i32;
  ringArcs: i32;
  corners: i32;
  points: i32;
  longest: i32;
  tableSize: i32;
  across: i32;
  down: i32;
  entries: i32;

  framed: usize;
  marks: usize;
  path: usize;
  leaving: usize;
  nodes: usize;
  corner: usize;
  arc: usize;
  ring: usize;
  ringArc: usize;
  table: usize;
  best: usize;
  traced: usize;
  kept: usize;
  keep: usize;
  spans: usize;
  cellStart: usize;
  entry: usize;
}

@unmanaged
export class Arc {
  firstCorner: i32;
  corners: i32;
  closed: i32;
  used: i32;
  firstPoint: i32;
  traced: i32;
  kept: i32;
  guilty: i32;
}

@unmanaged
export class Ring {
  label: i32;
  firstArc: i32;
  arcs: i32;
  start: i32;
  doubleArea: i64;
  outline: i32;
  spare: i32;
}

export const WALKED: u8 = 1;
export const ODD: u8 = 2;
export const BEGINS: u8 = 4;

// @ts-ignore: decorator
@inline
export function arcAt(s: Slots, i: i32): Arc {
  return changetype<Arc>(s.arc + (<usize>i << 5));
}

// @ts-ignore: decorator
@inline
export function ringAt(s: Slots, i: i32): Ring {
  return changetype<Ring>(s.ring + (<usize>i << 5));
}

/** Arc number of an entry of `ringArc`, whichever way it is walked. */
// @ts-ignore: decorator
@inline
export function arcOf(entry: i32): i32 {
  return entry < 0 ? ~entry : entry;
}
