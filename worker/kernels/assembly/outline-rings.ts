import { arcAt, arcOf, BEGINS, ODD, Ring, ringAt, Slots } from './outline-slots';

/**
 * Chooses the border that outlines each label: the largest of its pieces; none for a label inside a hole of another's largest
 * piece. Marks the arcs of the chosen ones as used.
 */
export function chooseOutlines(slots: usize): void {
  const s = changetype<Slots>(slots);
  memory.fill(s.best, 0xff, <usize>(s.labels + 1) << 2);
  for (let i = 0; i < s.rings; i++) {
    const ring = ringAt(s, i);
    // Of pieces of one size the one that begins first stays.
    const best = bestOf(s, ring.label);
    if (ring.doubleArea > 0 && (best < 0 || ring.doubleArea > ringAt(s, best).doubleArea)) setBest(s, ring.label, i);
  }
  for (let label = 1; label <= s.labels; label++) {
    const best = bestOf(s, label);
    if (best < 0) continue;
    const ring = ringAt(s, best);
    ring.outline = 1;
    store<u8>(s.marks + ring.start, load<u8>(s.marks + ring.start) | BEGINS);
  }
  // Holes of what is dropped below still drop others: all was chosen before.
  for (let i = 0; i < s.rings; i++) {
    const hole = ringAt(s, i);
    if (hole.doubleArea < 0 && bestOf(s, hole.label) >= 0) dropWithin(s, hole);
  }
  for (let label = 1; label <= s.labels; label++) {
    const best = bestOf(s, label);
    if (best < 0) continue;
    const ring = ringAt(s, best);
    if (ring.outline == 0) {
      setBest(s, label, -1);
      continue;
    }
    for (let k = 0; k < ring.arcs; k++) arcAt(s, arcOf(load<i32>(s.ringArc + (<usize>(ring.firstArc + k) << 2)))).used = 1;
  }
}

// @ts-ignore: decorator
@inline
function bestOf(s: Slots, label: i32): i32 {
  return load<i32>(s.best + (<usize>label << 2));
}

// @ts-ignore: decorator
@inline
function setBest(s: Slots, label: i32, ring: i32): void {
  store<i32>(s.best + (<usize>label << 2), ring);
}

/** Takes away the outlines that begin within a hole, if it is one of the piece that outlines its label. */
function dropWithin(s: Slots, hole: Ring): void {
  let left = i32.MAX_VALUE;
  let right = 0;
  let top = i32.MAX_VALUE;
  let bottom = 0;
  for (let k = 0; k < hole.arcs; k++) {
    const arc = arcAt(s, arcOf(load<i32>(s.ringArc + (<usize>(hole.firstArc + k) << 2))));
    for (let c = 0; c < arc.corners; c++) {
      const corner = load<u32>(s.corner + (<usize>(arc.firstCorner + c) << 2));
      const x = <i32>(corner & 0xffff);
      const y = <i32>(corner >> 16);
      left = min(left, x);
      right = max(right, x);
      top = min(top, y);
      bottom = max(bottom, y);
    }
  }
  const owner = ringAt(s, bestOf(s, hole.label));
  // The border was first walked from below a pixel of the hole.
  let owned = -1;
  flip(s, hole);
  for (let y = top; y < bottom; y++) {
    let inside: u8 = 0;
    for (let x = left; x <= right; x++) {
      const at = s.marks + (y * s.width + x);
      const mark = load<u8>(at);
      inside ^= mark & ODD;
      if (mark & ODD) store<u8>(at, mark & ~ODD);
      if (inside == 0 || (mark & BEGINS) == 0) continue;
      if (owned < 0) owned = i32(holds(s, owner, x, y));
      if (owned == 1) drop(s, y * s.width + x);
    }
  }
}

/** Flips the parity mark right of every vertical edge of a border. */
function flip(s: Slots, ring: Ring): void {
  for (let k = 0; k < ring.arcs; k++) {
    const arc = arcAt(s, arcOf(load<i32>(s.ringArc + (<usize>(ring.firstArc + k) << 2))));
    const first = s.corner + (<usize>arc.firstCorner << 2);
    const edges = arc.closed ? arc.corners : arc.corners - 1;
    for (let c = 0; c < edges; c++) {
      const from = load<u32>(first + (<usize>c << 2));
      const to = load<u32>(first + (<usize>(c + 1 == arc.corners ? 0 : c + 1) << 2));
      const x = <i32>(from & 0xffff);
      if (x != <i32>(to & 0xffff)) continue;
      const end = max<i32>(<i32>(from >> 16), <i32>(to >> 16));
      for (let y = min<i32>(<i32>(from >> 16), <i32>(to >> 16)); y < end; y++) {
        const at = s.marks + (y * s.width + x);
        store<u8>(at, load<u8>(at) ^ ODD);
      }
    }
  }
}

/** Whether a pixel lies within a border. */
function holds(s: Slots, ring: Ring, x: i32, y: i32): bool {
  let odd = false;
  for (let k = 0; k < ring.arcs; k++) {
    const arc = arcAt(s, arcOf(load<i32>(s.ringArc + (<usize>(ring.firstArc + k) << 2))));
    const first = s.corner + (<usize>arc.firstCorner << 2);
    const edges = arc.closed ? arc.corners : arc.corners - 1;
    for (let c = 0; c < edges; c++) {
      const from = load<u32>(first + (<usize>c << 2));
      const to = load<u32>(first + (<usize>(c + 1 == arc.corners ? 0 : c + 1) << 2));
      const across = <i32>(from & 0xffff);
      if (across != <i32>(to & 0xffff) || across > x) continue;
      const y0 = <i32>(from >> 16);
      const y1 = <i32>(to >> 16);
      if (y >= min(y0, y1) && y < max(y0, y1)) odd = !odd;
    }
  }
  return odd;
}

/** The outline that begins at a place is none any more; borders lie in the order of their starts. */
function drop(s: Slots, start: i32): void {
  let low = 0;
  let high = s.rings;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ringAt(s, middle).start < start) low = middle + 1;
    else high = middle;
  }
  ringAt(s, low).outline = 0;
}
