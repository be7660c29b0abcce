/** Slow twins of the kernels of the watershed (`pixel-flood.ts`, `pixel-regions.ts`). Planes are row-major; key 0 is background. */

interface Shape {
  rows: number;
  columns: number;
}

/** Whether pixel `a` ranks above pixel `b`: by key, then the earlier in scan order. */
const above = (keys: Uint16Array, a: number, b: number): boolean =>
  keys[a] > keys[b] || (keys[a] === keys[b] && a < b);

function near(at: number, { rows, columns }: Shape, reach: number): number[] {
  const out: number[] = [];
  const [y, x] = [Math.floor(at / columns), at % columns];
  for (let v = Math.max(0, y - reach); v <= Math.min(rows - 1, y + reach); v++)
    for (let u = Math.max(0, x - reach); u <= Math.min(columns - 1, x + reach); u++)
      if (v !== y || u !== x) out.push(v * columns + u);
  return out;
}

/** Pixels above all their eight neighbours. */
export function localMaxima(keys: Uint16Array, shape: Shape): number[] {
  return [...keys.keys()].filter(
    (at) => keys[at] > 0 && near(at, shape, 1).every((other) => above(keys, at, other)),
  );
}

/** Peaks with no higher peak within `spacing` and no higher pixel within a descent of `depth` and a box of `reach`. */
export function prominent(
  keys: Uint16Array,
  shape: Shape,
  peaks: readonly number[],
  depth: number,
  reach: number,
  spacing: number,
): number[] {
  const { columns } = shape;
  const apart = (a: number, b: number): number =>
    ((a % columns) - (b % columns)) ** 2 + (Math.floor(a / columns) - Math.floor(b / columns)) ** 2;
  return peaks.filter((peak) => {
    if (peaks.some((other) => above(keys, other, peak) && apart(other, peak) <= spacing ** 2)) return false;
    const box = new Set(near(peak, shape, reach));
    const reached = new Set([peak]);
    for (const at of reached)
      for (const to of near(at, shape, 1))
        if (box.has(to) && keys[to] > 0 && keys[to] >= keys[peak] - depth) reached.add(to);
    return [...reached].every((at) => !above(keys, at, peak));
  });
}

/** Floods the whole image with one queue: by level, within a level in the order in which pixels were claimed. */
export function flood(
  keys: Uint16Array,
  shape: Shape,
  seeds: readonly number[],
  reachSq: number,
): Int32Array {
  const { rows, columns } = shape;
  const labels = new Int32Array(keys.length);
  const waiting: { at: number; level: number; turn: number }[] = [];
  seeds.forEach((at, i) => {
    labels[at] = i + 1;
    waiting.push({ at, level: keys[at], turn: i });
  });
  for (let turn = seeds.length; waiting.length > 0; ) {
    waiting.sort((a, b) => b.level - a.level || a.turn - b.turn);
    const { at, level } = waiting.shift()!;
    const [y, x] = [Math.floor(at / columns), at % columns];
    for (const [v, u] of [
      [y - 1, x],
      [y, x - 1],
      [y, x + 1],
      [y + 1, x],
    ]) {
      const to = v * columns + u;
      if (v < 0 || u < 0 || v >= rows || u >= columns || keys[to] === 0 || labels[to] !== 0) continue;
      const seed = seeds[labels[at] - 1];
      if ((v - Math.floor(seed / columns)) ** 2 + (u - (seed % columns)) ** 2 > reachSq) continue;
      labels[to] = labels[at];
      waiting.push({ at: to, level: Math.min(level, keys[to]), turn: turn++ });
    }
  }
  return labels;
}

/** Pixels, edges to others, first and last row and column of each label from 1 on. */
export function measure(labels: Int32Array, { rows, columns }: Shape, n: number): number[][] {
  return Array.from({ length: n }, (_, k) => {
    const own = [...labels.keys()].filter((at) => labels[at] === k + 1);
    const ys = own.map((at) => Math.floor(at / columns));
    const xs = own.map((at) => at % columns);
    const edges = own.reduce((sum, _at, i) => {
      const [y, x] = [ys[i], xs[i]];
      const same = (v: number, u: number): boolean =>
        v >= 0 && u >= 0 && v < rows && u < columns && labels[v * columns + u] === k + 1;
      return (
        sum + [same(y - 1, x), same(y + 1, x), same(y, x - 1), same(y, x + 1)].filter((is) => !is).length
      );
    }, 0);
    return [own.length, edges, Math.min(...ys), Math.max(...ys), Math.min(...xs), Math.max(...xs)];
  });
}
