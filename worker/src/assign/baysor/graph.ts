import Delaunator from 'delaunator';
import type { Molecules } from './molecules.ts';
import { PointGrid } from './nearest.ts';

/** Undirected edges between molecules as lists of neighbours: those of i are `start[i]` to `start[i + 1] - 1`. */
export interface Graph {
  start: Uint32Array;
  neighbour: Uint32Array;
  /** Microns. */
  length: Float32Array;
}

/** Neighbours of a molecule in three dimensions, where a triangulation would be of tetrahedra. */
const NEIGHBOURS_3D = 5;
const GRID_UM = 4;

/**
 * The graph of Petukhov et al. (Nat Biotechnol 40:345, 2022): in two dimensions the Delaunay triangulation, in three the five
 * nearest neighbours of each molecule, either way. Molecules at one place are linked in their order.
 */
export function moleculeGraph(molecules: Molecules): Graph {
  const { n, x, y, z } = molecules;
  const [from, to] = molecules.dimensions === 3 ? nearestPairs(molecules) : delaunayPairs(molecules);
  const start = new Uint32Array(n + 1);
  for (const i of from) start[i + 1]++;
  for (const i of to) start[i + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const at = start.slice();
  const neighbour = new Uint32Array(2 * from.length);
  for (let e = 0; e < from.length; e++) {
    neighbour[at[from[e]]++] = to[e];
    neighbour[at[to[e]]++] = from[e];
  }
  const length = new Float32Array(neighbour.length);
  for (let i = 0; i < n; i++) {
    neighbour.subarray(start[i], start[i + 1]).sort();
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = neighbour[e];
      length[e] = Math.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2);
    }
  }
  return { start, neighbour, length };
}

type Pairs = [Uint32Array, Uint32Array];

function delaunayPairs({ n, x, y }: Molecules): Pairs {
  const places = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    places[2 * i] = x[i];
    places[2 * i + 1] = y[i];
  }
  const { triangles, halfedges } = new Delaunator(places);
  const from: number[] = [];
  const to: number[] = [];
  for (let e = 0; e < triangles.length; e++) {
    if (halfedges[e] > e) continue;
    from.push(triangles[e]);
    to.push(triangles[e % 3 === 2 ? e - 2 : e + 1]);
  }
  if (triangles.length === 0) linkInLine(x, y, from, to);
  else linkDoubles(x, y, triangles, from, to);
  return [Uint32Array.from(from), Uint32Array.from(to)];
}

const byPlace =
  (x: Float64Array, y: Float64Array) =>
  (a: number, b: number): number =>
    x[a] - x[b] || y[a] - y[b] || a - b;

/** Molecules on one line have no triangles: each is linked to the next. */
function linkInLine(x: Float64Array, y: Float64Array, from: number[], to: number[]): void {
  const order = Uint32Array.from(x, (_, i) => i).sort(byPlace(x, y));
  for (let k = 1; k < order.length; k++) {
    from.push(order[k - 1]);
    to.push(order[k]);
  }
}

/** The triangulation takes one molecule of each place; the others hang on it. */
function linkDoubles(
  x: Float64Array,
  y: Float64Array,
  triangles: Uint32Array,
  from: number[],
  to: number[],
): void {
  const used = new Uint8Array(x.length);
  for (const i of triangles) used[i] = 1;
  if (!used.includes(0)) return;
  const order = Uint32Array.from(x, (_, i) => i).sort(byPlace(x, y));
  for (let a = 0; a < order.length; ) {
    let b = a + 1;
    while (b < order.length && x[order[b]] === x[order[a]] && y[order[b]] === y[order[a]]) b++;
    for (let k = a + 1; k < b; k++) {
      from.push(order[k - 1]);
      to.push(order[k]);
    }
    // A place that rounding kept out of the triangulation altogether hangs on the next one in order.
    if (order.length > 1 && !order.subarray(a, b).some((i) => used[i] === 1)) {
      from.push(order[a]);
      to.push(a > 0 ? order[a - 1] : order[b]);
    }
    a = b;
  }
}

function nearestPairs({ n, x, y, z }: Molecules): Pairs {
  const grid = new PointGrid(x, y, z, GRID_UM);
  const k = Math.min(NEIGHBOURS_3D, n - 1);
  const all = new Uint32Array(n * NEIGHBOURS_3D);
  const found = new Uint32Array(NEIGHBOURS_3D);
  const squared = new Float64Array(NEIGHBOURS_3D);
  for (let i = 0; i < n && k > 0; i++) {
    grid.nearest(i, k, found, squared);
    all.set(found.subarray(0, k), i * NEIGHBOURS_3D);
  }
  const from: number[] = [];
  const to: number[] = [];
  const has = (i: number, j: number): boolean =>
    all.subarray(i * NEIGHBOURS_3D, i * NEIGHBOURS_3D + k).includes(j);
  for (let i = 0; i < n; i++) {
    for (let e = 0; e < k; e++) {
      const j = all[i * NEIGHBOURS_3D + e];
      if (i > j && has(j, i)) continue;
      from.push(i);
      to.push(j);
    }
  }
  return [Uint32Array.from(from), Uint32Array.from(to)];
}

/** Linear-interpolated quantile of a sorted column. */
export function quantile(sorted: Float32Array | Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
