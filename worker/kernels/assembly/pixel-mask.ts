/**
 * Foreground of an image as bytes (row-major, rows x columns): 0 background, 1 foreground, 2 background that is no hole.
 */
const OPEN: u8 = 2;

/**
 * Marks pixels above a coarse surface, interpolated linearly between the centres of its blocks.
 *
 * `image` f32 x rows x columns; `surface` f32 x block rows x block columns; `line` scratch of block columns + 8 f32;
 * `level` scratch of columns + 3 size f32; `mask` bytes. `size` is even.
 */
export function above(image: usize, rows: i32, columns: i32, surface: usize, size: i32, line: usize, level: usize, mask: usize): void {
  const blockRows = (rows + size - 1) / size;
  const blockColumns = (columns + size - 1) / size;
  const half = size >> 1;
  const step: f32 = 1.0 / f32(size);
  const blockStride = <usize>blockColumns << 2;
  for (let y = 0; y < rows; y++) {
    const place = y - half;
    const block = place < 0 ? -1 : place / size;
    const share = (f32(place - block * size) + 0.5) * step;
    const upper = surface + <usize>max(block, 0) * blockStride;
    const lower = surface + <usize>min(block + 1, blockRows - 1) * blockStride;
    for (let j = 0; j < blockColumns; j++) {
      const at = <usize>j << 2;
      const from = load<f32>(upper + at);
      store<f32>(line + at, from + share * (load<f32>(lower + at) - from));
    }
    // Pixel x lies between the centres of blocks floor((x - half) / size) and the next.
    for (let j = -1; j < blockColumns; j++) {
      const from = load<f32>(line + (<usize>max(j, 0) << 2));
      const rise = (load<f32>(line + (<usize>min(j + 1, blockColumns - 1) << 2)) - from) * step;
      const x0 = j * size + half;
      for (let t = 0; t < size; t++) {
        const x = x0 + t;
        if (x >= 0) store<f32>(level + (<usize>x << 2), from + rise * (f32(t) + 0.5));
      }
    }
    const row = image + (<usize>y * <usize>columns << 2);
    const to = mask + <usize>y * <usize>columns;
    let x = 0;
    for (; x + 16 <= columns; x += 16) {
      const at = <usize>x << 2;
      const a = f32x4.gt(v128.load(row + at), v128.load(level + at));
      const b = f32x4.gt(v128.load(row + at, 16), v128.load(level + at, 16));
      const c = f32x4.gt(v128.load(row + at, 32), v128.load(level + at, 32));
      const d = f32x4.gt(v128.load(row + at, 48), v128.load(level + at, 48));
      const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
      v128.store(to + x, v128.and(bytes, i8x16.splat(1)));
    }
    for (; x < columns; x++) {
      const at = <usize>x << 2;
      store<u8>(to + x, u8(load<f32>(row + at) > load<f32>(level + at)));
    }
  }
}

/** Keeps pixels whose four neighbours are marked as well (`erode`), or marks those with a marked neighbour. The outside decides nothing. */
export function cross(source: usize, target: usize, rows: i32, columns: i32, erode: bool): void {
  const none: u8 = erode ? 1 : 0;
  for (let y = 0; y < rows; y++) {
    const row = source + <usize>y * <usize>columns;
    const up = y > 0 ? row - columns : row;
    const down = y < rows - 1 ? row + columns : row;
    const to = target + <usize>y * <usize>columns;
    let x = 1;
    if (erode) {
      for (; x + 16 < columns; x += 16) {
        const sides = v128.and(v128.load(row + x - 1), v128.load(row + x + 1));
        v128.store(to + x, v128.and(v128.load(row + x), v128.and(sides, v128.and(v128.load(up + x), v128.load(down + x)))));
      }
    } else {
      for (; x + 16 < columns; x += 16) {
        const sides = v128.or(v128.load(row + x - 1), v128.load(row + x + 1));
        v128.store(to + x, v128.or(v128.load(row + x), v128.or(sides, v128.or(v128.load(up + x), v128.load(down + x)))));
      }
    }
    for (let k = x - 1; k < columns; k++) {
      const at = k == x - 1 ? 0 : k;
      const left = at > 0 ? load<u8>(row + at - 1) : none;
      const right = at < columns - 1 ? load<u8>(row + at + 1) : none;
      const a = load<u8>(row + at);
      const b = load<u8>(up + at);
      const c = load<u8>(down + at);
      store<u8>(to + at, erode ? a & b & c & left & right : a | b | c | left | right);
    }
  }
}

/**
 * Fills holes: 4-connected background of at most `most` pixels, within a box of edge `reach`, that does not meet the edge of
 * the image. Background looked at and found to be none becomes 2. `stack` is scratch of `most` + 4 i32. Returns the holes.
 */
export function fillHoles(mask: usize, rows: i32, columns: i32, most: i32, reach: i32, stack: usize): i32 {
  let holes = 0;
  if (most < 1) return 0;
  for (let y = 1; y < rows - 1; y++) {
    for (let x = 1; x < columns - 1; x++) {
      const at = y * columns + x;
      // Every hole has such a pixel: the left end of its first row.
      if (load<u8>(mask + at) != 0 || load<u8>(mask + at - 1) != 1 || load<u8>(mask + at - columns) != 1) continue;
      if (fillHole(mask, at, rows, columns, most, reach, stack)) holes++;
    }
  }
  return holes;
}

/** Floods one component in foreground; takes it back as open background when it turns out to be no hole. */
function fillHole(mask: usize, start: i32, rows: i32, columns: i32, most: i32, reach: i32, list: usize): bool {
  const startX = start % columns;
  const startY = start / columns;
  let x0 = startX;
  let x1 = startX;
  let found = 1;
  let hole = true;
  store<i32>(list, start);
  store<u8>(mask + start, 1);
  for (let next = 0; next < found && hole; next++) {
    const at = load<i32>(list + (<usize>next << 2));
    const x = at % columns;
    const y = at / columns;
    x0 = min(x0, x);
    x1 = max(x1, x);
    if (x == 0 || y == 0 || x == columns - 1 || y == rows - 1 || x1 - x0 >= reach || y - startY >= reach || startY > y) {
      hole = false;
      break;
    }
    for (let side = 0; side < 4; side++) {
      const to = side == 0 ? at - columns : side == 1 ? at - 1 : side == 2 ? at + 1 : at + columns;
      const value = load<u8>(mask + to);
      if (value == 1) continue;
      if (value == OPEN || found > most - 1) {
        hole = false;
        break;
      }
      store<u8>(mask + to, 1);
      store<i32>(list + (<usize>found << 2), to);
      found++;
    }
  }
  if (!hole) for (let k = 0; k < found; k++) store<u8>(mask + load<i32>(list + (<usize>k << 2)), OPEN);
  return hole;
}
