/** Sums over the pixels of each label, and renaming of labels. `labels`: i32 per pixel, row-major, 0 background, 1..n. */

/**
 * What shapes say: i32 x 8 per label: pixels, edges that border on another label or the outside, first row, last row, first
 * column, last column, and two spare. `shapes` has n + 1 rows of 8.
 */
export function measure(labels: usize, rows: i32, columns: i32, shapes: usize, n: i32): void {
  for (let k = 0; k <= n; k++) {
    const at = shapes + (<usize>k << 5);
    memory.fill(at, 0, 32);
    store<i32>(at, i32.MAX_VALUE, 8);
    store<i32>(at, -1, 12);
    store<i32>(at, i32.MAX_VALUE, 16);
    store<i32>(at, -1, 20);
  }
  const stride = <usize>columns << 2;
  for (let y = 0; y < rows; y++) {
    const row = labels + <usize>y * stride;
    let x = 0;
    while (x < columns) {
      const label = load<i32>(row + (<usize>x << 2));
      const from = x++;
      while (x < columns && load<i32>(row + (<usize>x << 2)) == label) x++;
      if (label == 0) continue;
      let edges = 2;
      if (y == 0) edges += x - from;
      else edges += others(row - stride, label, from, x);
      if (y == rows - 1) edges += x - from;
      else edges += others(row + stride, label, from, x);
      const at = shapes + (<usize>label << 5);
      store<i32>(at, load<i32>(at) + x - from);
      store<i32>(at, load<i32>(at, 4) + edges, 4);
      store<i32>(at, min(y, load<i32>(at, 8)), 8);
      store<i32>(at, y, 12);
      store<i32>(at, min(from, load<i32>(at, 16)), 16);
      store<i32>(at, max(x - 1, load<i32>(at, 20)), 20);
    }
  }
}

/** How many pixels of a row from `from` to `to` have another label. */
// @ts-ignore: decorator
@inline
function others(row: usize, label: i32, from: i32, to: i32): i32 {
  let n = 0;
  for (let x = from; x < to; x++) n += i32(load<i32>(row + (<usize>x << 2)) != label);
  return n;
}

/** Sum of a plane over each label, run by run along the rows; `sums` f64 x (n + 1). */
export function sumOver(labels: usize, rows: i32, columns: i32, plane: usize, sums: usize, n: i32): void {
  memory.fill(sums, 0, <usize>(n + 1) << 3);
  for (let y = 0; y < rows; y++) {
    const row = labels + (<usize>(y * columns) << 2);
    const values = plane + (<usize>(y * columns) << 2);
    let x = 0;
    while (x < columns) {
      const label = load<i32>(row + (<usize>x << 2));
      if (label == 0) {
        x++;
        continue;
      }
      let sum: f64 = 0;
      do {
        sum += <f64>load<f32>(values + (<usize>x << 2));
        x++;
      } while (x < columns && load<i32>(row + (<usize>x << 2)) == label);
      const at = sums + (<usize>label << 3);
      store<f64>(at, load<f64>(at) + sum);
    }
  }
}

/** Sums of row, column and their products over each label, from the first row and column of the label; `moments` i64 x 5 x (n + 1). */
export function moments(labels: usize, rows: i32, columns: i32, shapes: usize, moments: usize, n: i32): void {
  memory.fill(moments, 0, <usize>(n + 1) * 40);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const label = load<i32>(labels + (<usize>(y * columns + x) << 2));
      if (label == 0) continue;
      const shape = shapes + (<usize>label << 5);
      const at = moments + <usize>label * 40;
      const v = <i64>(y - load<i32>(shape, 8));
      const u = <i64>(x - load<i32>(shape, 16));
      store<i64>(at, load<i64>(at) + v);
      store<i64>(at, load<i64>(at, 8) + u, 8);
      store<i64>(at, load<i64>(at, 16) + v * v, 16);
      store<i64>(at, load<i64>(at, 24) + u * u, 24);
      store<i64>(at, load<i64>(at, 32) + u * v, 32);
    }
  }
}

/** First and last column of each label in each of its rows: i32 pairs from `extents` + 8 `starts[label]`, in order of rows. */
export function rowExtents(labels: usize, rows: i32, columns: i32, shapes: usize, starts: usize, extents: usize, total: i32): void {
  for (let k = 0; k < total; k++) {
    store<i32>(extents + (<usize>k << 3), i32.MAX_VALUE);
    store<i32>(extents + (<usize>k << 3), -1, 4);
  }
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const label = load<i32>(labels + (<usize>(y * columns + x) << 2));
      if (label == 0) continue;
      const row = y - load<i32>(shapes + (<usize>label << 5), 8);
      const at = extents + (<usize>(load<i32>(starts + (<usize>label << 2)) + row) << 3);
      if (x < load<i32>(at)) store<i32>(at, x);
      store<i32>(at, x, 4);
    }
  }
}

/** Renames every label k to `names[k]` (i32; names[0] = 0). */
export function rename(labels: usize, pixels: i32, names: usize): void {
  const end = labels + (<usize>pixels << 2);
  for (let at = labels; at < end; at += 4) {
    const label = load<i32>(at);
    if (label != 0) store<i32>(at, load<i32>(names + (<usize>label << 2)));
  }
}
