/** Slow twins of the kernels that filter pixels (`pixel-smooth.ts`, `pixel-mask.ts`, `pixel-distance.ts`). Planes are row-major. */

const f = Math.fround;
const clamp = (at: number, size: number): number => Math.min(Math.max(at, 0), size - 1);

/** Separable filter of half weights, columns first, edges repeated; in the kernel's order, so equal to the bit. */
export function smooth(
  image: Float32Array,
  rows: number,
  columns: number,
  weights: Float32Array,
): Float32Array {
  const along = (plane: Float32Array, at: (y: number, x: number, k: number) => number): Float32Array =>
    plane.map((value, i) => {
      const [y, x] = [Math.floor(i / columns), i % columns];
      let sum = f(weights[0] * value);
      for (let k = 1; k < weights.length; k++)
        sum = f(sum + f(weights[k] * f(plane[at(y, x, -k)] + plane[at(y, x, k)])));
      return sum;
    });
  const down = along(image, (y, x, k) => clamp(y + k, rows) * columns + x);
  return along(down, (y, x, k) => y * columns + clamp(x + k, columns));
}

/** Minimum over a square, clipped at the edge. */
export function minimum(image: Float32Array, rows: number, columns: number, radius: number): Float32Array {
  return image.map((_, i) => {
    let low = Number.POSITIVE_INFINITY;
    const [y, x] = [Math.floor(i / columns), i % columns];
    for (let v = Math.max(0, y - radius); v <= Math.min(rows - 1, y + radius); v++)
      for (let u = Math.max(0, x - radius); u <= Math.min(columns - 1, x + radius); u++)
        low = Math.min(low, image[v * columns + u]);
    return low;
  });
}

/** A surface of blocks, interpolated linearly between their centres. */
export function interpolated(
  surface: Float32Array,
  rows: number,
  columns: number,
  size: number,
): Float64Array {
  const [blockRows, blockColumns] = [Math.ceil(rows / size), Math.ceil(columns / size)];
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const v = (Math.floor(i / columns) + 0.5) / size - 0.5;
    const u = ((i % columns) + 0.5) / size - 0.5;
    const [j, k] = [Math.floor(v), Math.floor(u)];
    const at = (row: number, column: number): number =>
      surface[clamp(row, blockRows) * blockColumns + clamp(column, blockColumns)];
    const upper = at(j, k) + (u - k) * (at(j, k + 1) - at(j, k));
    const lower = at(j + 1, k) + (u - k) * (at(j + 1, k + 1) - at(j + 1, k));
    return upper + (v - j) * (lower - upper);
  });
}

/** Erosion or dilation by a cross of five pixels; the outside decides nothing. */
export function cross(mask: Uint8Array, rows: number, columns: number, erode: boolean): Uint8Array {
  return mask.map((own, i) => {
    const [y, x] = [Math.floor(i / columns), i % columns];
    const near = [own];
    if (y > 0) near.push(mask[i - columns]);
    if (y < rows - 1) near.push(mask[i + columns]);
    if (x > 0) near.push(mask[i - 1]);
    if (x < columns - 1) near.push(mask[i + 1]);
    return erode ? Math.min(...near) : Math.max(...near);
  });
}

/** Fills 4-connected background off the edge, of at most `most` pixels and within a box of edge `reach`. */
export function fillHoles(
  mask: Uint8Array,
  rows: number,
  columns: number,
  most: number,
  reach: number,
): Uint8Array {
  const out = mask.slice();
  const seen = new Uint8Array(mask.length);
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 0 || seen[start] === 1) continue;
    const piece = [start];
    seen[start] = 1;
    for (const at of piece) {
      const [y, x] = [Math.floor(at / columns), at % columns];
      const near = [
        ...(y > 0 ? [at - columns] : []),
        ...(y < rows - 1 ? [at + columns] : []),
        ...(x > 0 ? [at - 1] : []),
        ...(x < columns - 1 ? [at + 1] : []),
      ];
      for (const to of near) {
        if (mask[to] !== 0 || seen[to] === 1) continue;
        seen[to] = 1;
        piece.push(to);
      }
    }
    const ys = piece.map((at) => Math.floor(at / columns));
    const xs = piece.map((at) => at % columns);
    const [top, bottom, left, right] = [Math.min(...ys), Math.max(...ys), Math.min(...xs), Math.max(...xs)];
    const inside = top > 0 && left > 0 && bottom < rows - 1 && right < columns - 1;
    if (inside && piece.length <= most && bottom - top < reach && right - left < reach)
      for (const at of piece) out[at] = 1;
  }
  return out;
}

/** Squared distance to the nearest background pixel by trying them all; 2^31 - 1 without any. */
export function squaredDistance(mask: Uint8Array, columns: number): Int32Array {
  const ground = [...mask.keys()].filter((i) => mask[i] === 0);
  return Int32Array.from(mask, (_, i) =>
    ground.reduce(
      (best, at) =>
        Math.min(
          best,
          ((at % columns) - (i % columns)) ** 2 + (Math.floor(at / columns) - Math.floor(i / columns)) ** 2,
        ),
      2 ** 31 - 1,
    ),
  );
}
