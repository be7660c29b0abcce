import { Arc, arcAt, ringAt, Slots, WALKED } from './outline-slots';

/**
 * Traces the borders of a label image as arcs that both sides share: from one corner where three labels meet to the next, or all
 * around. The inside lies on the right hand (y down). Where equal labels meet at a corner only, they are joined there and the
 * other two pixels are apart; if both pairs are equal, the lower label is joined and the background never.
 */

/** Beyond the two bits of a turn: a corner where the border meets a third label. */
const NODE = 4;

/** Counts the corners at which borders turn or meet, and those at which three labels meet, each as often as borders pass. */
export function countTurns(slots: usize): void {
  const s = changetype<Slots>(slots);
  const row = <usize>s.width << 2;
  s.turns = 0;
  s.meetings = 0;
  for (let y = 0; y <= s.rows; y++) {
    let at = s.framed + <usize>y * row;
    for (let x = 0; x <= s.columns; x++, at += 4) {
      const a = load<i32>(at);
      const b = load<i32>(at, 4);
      const c = load<i32>(at + row);
      const d = load<i32>(at + row, 4);
      if ((a == b && c == d) || (a == c && b == d)) continue;
      const passes = i32(a != b) + i32(c != d) + i32(a != c) + i32(b != d);
      s.turns += passes;
      if (passes > 2) s.meetings += passes;
    }
  }
}

/** Traces all borders of labels above 0; fills `corner`, `arc`, `ring`, `ringArc` and their counts. */
export function traceBorders(slots: usize): void {
  const s = changetype<Slots>(slots);
  memory.fill(s.marks, 0, <usize>s.width * <usize>(s.rows + 2));
  memory.fill(s.table, 0, <usize>s.tableSize << 3);
  s.arcs = 0;
  s.rings = 0;
  s.ringArcs = 0;
  s.corners = 0;
  for (let y = 0; y < s.rows; y++) {
    const row = y * s.width;
    for (let x = 0; x < s.columns; x++) {
      const corner = row + x;
      const at = s.framed + (<usize>corner << 2);
      const label = load<i32>(at + (<usize>(s.width + 1) << 2));
      // The pixel above lies beside the upper left of this corner.
      if (label > 0 && load<i32>(at, 4) != label && (load<u8>(s.marks + corner) & WALKED) == 0) walk(s, x, y, label);
    }
  }
}

/** Place, from a corner, of the pixels ahead on the inner and the outer side, and behind on the outer side. */
// @ts-ignore: decorator
@inline
function inner(direction: i32, width: i32): i32 {
  return direction == 0 ? width + 1 : direction == 1 ? width : direction == 2 ? 0 : 1;
}

// @ts-ignore: decorator
@inline
function labelAt(s: Slots, place: i32): i32 {
  return load<i32>(s.framed + (<usize>place << 2));
}

/** Quarter turns to the right to take at a corner (0, 1, 3), and whether three labels meet there. */
function turnAt(s: Slots, corner: i32, direction: i32, label: i32): i32 {
  const ahead = labelAt(s, corner + inner(direction, s.width));
  const outer = labelAt(s, corner + inner((direction + 3) & 3, s.width));
  const behind = labelAt(s, corner + inner((direction + 2) & 3, s.width));
  if (ahead == label) {
    if (outer == label) return 3;
    return outer == behind ? 0 : NODE;
  }
  if (outer != label) return ahead == behind ? 1 : 1 | NODE;
  // Equal labels meet across the corner.
  return ahead != behind || ahead == 0 || label < ahead ? 3 : 1;
}

/** Walks the border that begins with the top edge of a pixel. */
function walk(s: Slots, startX: i32, startY: i32, label: i32): void {
  const first = startY * s.width + startX;
  let turns = 0;
  let nodes = 0;
  let doubleArea: i64 = 0;
  let corner = first;
  let direction = 0;
  let x = startX;
  let y = startY;
  do {
    if (direction == 0) store<u8>(s.marks + corner, load<u8>(s.marks + corner) | WALKED);
    const dx = direction == 0 ? 1 : direction == 2 ? -1 : 0;
    const dy = direction == 1 ? 1 : direction == 3 ? -1 : 0;
    x += dx;
    y += dy;
    corner += dy * s.width + dx;
    const turn = turnAt(s, corner, direction, label);
    const node = (turn & NODE) != 0;
    const next = (direction + turn) & 3;
    if (node || next != direction) {
      if (node) store<i32>(s.nodes + (<usize>(nodes++) << 2), turns);
      store<u32>(s.path + (<usize>turns << 2), (y << 16) | x);
      store<u8>(s.leaving + turns, <u8>next);
      turns++;
    }
    doubleArea += <i64>(x * dy - y * dx);
    direction = next;
  } while (corner != first || direction != 0);
  const ring = ringAt(s, s.rings++);
  ring.label = label;
  ring.firstArc = s.ringArcs;
  ring.start = first;
  ring.doubleArea = doubleArea;
  ring.outline = 0;
  if (nodes == 0) addRingArc(s, newArc(s, 0, turns, turns, 1));
  else {
    for (let k = 0; k < nodes; k++) {
      const from = load<i32>(s.nodes + (<usize>k << 2));
      const to = load<i32>(s.nodes + (<usize>(k + 1 == nodes ? 0 : k + 1) << 2));
      addRingArc(s, arcBetween(s, from, to, turns));
    }
  }
  ring.arcs = s.ringArcs - ring.firstArc;
}

// @ts-ignore: decorator
@inline
function addRingArc(s: Slots, entry: i32): void {
  store<i32>(s.ringArc + (<usize>(s.ringArcs++) << 2), entry);
}

/** The arc between two nodes of the walked border: the one that the other side has walked, backwards, or a new one. */
function arcBetween(s: Slots, from: i32, to: i32, turns: i32): i32 {
  const known = find(s, keyOf(s, from, load<u8>(s.leaving + from)));
  if (known >= 0) return ~known;
  // Both ends belong to it, also where a border meets itself in one node.
  const corners = (to > from ? to - from : to - from + turns) + 1;
  const last = to == 0 ? turns - 1 : to - 1;
  remember(s, keyOf(s, to, (load<u8>(s.leaving + last) + 2) & 3), s.arcs);
  return newArc(s, from, corners, turns, 0);
}

function newArc(s: Slots, from: i32, corners: i32, turns: i32, closed: i32): i32 {
  const arc: Arc = arcAt(s, s.arcs);
  arc.firstCorner = s.corners;
  arc.corners = corners;
  arc.closed = closed;
  arc.used = 0;
  arc.guilty = 0;
  for (let k = 0, at = from; k < corners; k++) {
    store<u32>(s.corner + (<usize>(s.corners++) << 2), load<u32>(s.path + (<usize>at << 2)));
    if (++at == turns) at = 0;
  }
  return s.arcs++;
}

/** A corner of the walked border and a direction as one number above 0. */
// @ts-ignore: decorator
@inline
function keyOf(s: Slots, at: i32, direction: u8): i32 {
  const corner = load<u32>(s.path + (<usize>at << 2));
  return ((<i32>(corner >> 16) * s.width + <i32>(corner & 0xffff)) << 2) + <i32>direction + 1;
}

/** Slot of a key in the table of open addressing: its own, or the free one in which it would lie. */
function slotOf(s: Slots, key: i32): usize {
  const mask = s.tableSize - 1;
  let at = <i32>((<u32>key * 0x9e3779b1) >> 7) & mask;
  let slot = s.table + (<usize>at << 3);
  while (load<i32>(slot) != key && load<i32>(slot) != 0) {
    at = (at + 1) & mask;
    slot = s.table + (<usize>at << 3);
  }
  return slot;
}

function find(s: Slots, key: i32): i32 {
  const slot = slotOf(s, key);
  return load<i32>(slot) == 0 ? -1 : load<i32>(slot, 4);
}

function remember(s: Slots, key: i32, arc: i32): void {
  const slot = slotOf(s, key);
  store<i32>(slot, key);
  store<i32>(slot, arc, 4);
}
