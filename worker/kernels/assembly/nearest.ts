/**
 * Nearest molecules within one cell, and molecules of one cell that are next to another. Exact; equally far molecules in order
 * of their number, so nothing depends on how they were sorted.
 */

// @ts-ignore: decorator
@inline
function f4(p: usize, i: i32): f64 {
  return <f64>load<f32>(p + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function u4(p: usize, i: i32): i32 {
  return load<i32>(p + (<usize>i << 2));
}

/**
 * The m nearest other molecules of each of n, nearest first.
 *
 * | array | type | what |
 * | --- | --- | --- |
 * | x, y, z | f32 | places in microns, ascending in x |
 * | id | i32 | number of the molecule at that position |
 * | near | i32 | n x m: numbers of the neighbours of molecule `id` |
 * | squared | f64 | n x m: squared distances |
 *
 * m < n. Cost: O(n times the molecules in a strip as wide as the farthest neighbour is away).
 */
export function nearest(n: i32, m: i32, x: usize, y: usize, z: usize, id: usize, near: usize, squared: usize): void {
  for (let s = 0; s < n; s++) {
    const own = u4(id, s);
    const rowNear = near + (<usize>(own * m) << 2);
    const rowSquared = squared + (<usize>(own * m) << 3);
    const xs = f4(x, s);
    const ys = f4(y, s);
    const zs = f4(z, s);
    let left = s - 1;
    let right = s + 1;
    let found = 0;
    let worst = Infinity;
    while (true) {
      const dl = left >= 0 ? xs - f4(x, left) : Infinity;
      const dr = right < n ? f4(x, right) - xs : Infinity;
      const dx = min<f64>(dl, dr);
      if (dx == Infinity || (found == m && dx * dx > worst)) break;
      const other = dl <= dr ? left-- : right++;
      const dy = f4(y, other) - ys;
      const dz = f4(z, other) - zs;
      const d = dx * dx + dy * dy + dz * dz;
      const number = u4(id, other);
      if (found == m && (d > worst || (d == worst && number > u4(rowNear, m - 1)))) continue;
      let at = found < m ? found++ : m - 1;
      while (at > 0) {
        const before = load<f64>(rowSquared + (<usize>(at - 1) << 3));
        if (before < d || (before == d && u4(rowNear, at - 1) < number)) break;
        store<f64>(rowSquared + (<usize>at << 3), before);
        store<i32>(rowNear + (<usize>at << 2), u4(rowNear, at - 1));
        at--;
      }
      store<f64>(rowSquared + (<usize>at << 3), d);
      store<i32>(rowNear + (<usize>at << 2), number);
      if (found == m) worst = load<f64>(rowSquared + (<usize>(m - 1) << 3));
    }
  }
}

/**
 * Which of n molecules have one of the `others` (moved by dx, dy, dz) nearer than their own `reach`: `linked` (u8) says it of
 * each.
 * @param reach f64: squared distance; @returns how many.
 */
export function linked(
  n: i32, x: usize, y: usize, z: usize, reach: usize,
  others: i32, ox: usize, oy: usize, oz: usize, dx: f64, dy: f64, dz: f64, out: usize,
): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const far = load<f64>(reach + (<usize>i << 3));
    const px = f4(x, i) - dx;
    const py = f4(y, i) - dy;
    const pz = f4(z, i) - dz;
    let hit = 0;
    for (let j = 0; j < others; j++) {
      const ex = f4(ox, j) - px;
      const ey = f4(oy, j) - py;
      const ez = f4(oz, j) - pz;
      if (ex * ex + ey * ey + ez * ez < far) {
        hit = 1;
        break;
      }
    }
    store<u8>(out + i, <u8>hit);
    count += hit;
  }
  return count;
}
