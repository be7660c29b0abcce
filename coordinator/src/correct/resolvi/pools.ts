import { RandomStream } from '@spatile/random/stream';
import type { CountTable } from '../counts/table.ts';

/** Cells of a patch, about: neighbours are mostly of the same patch, so that pools hold few cells of others. */
const PATCH_CELLS = 256;

/**
 * Cuts the cells that are trained on into pools of patches from all over the slide; one pool where all fit. Rows ascend in a
 * pool.
 * @param most entries of counts of a pool.
 */
export function trainingPools(
  table: CountTable,
  rows: Uint32Array,
  seed: number,
  most: number,
): Uint32Array[] {
  const entries = rows.reduce((sum, row) => sum + table.start[row + 1] - table.start[row], 0);
  const pools = Math.max(1, Math.ceil(entries / most));
  if (pools === 1) return [rows];
  const patches = patchesOf(table.spatial, rows);
  new RandomStream(seed, 'resolvi.pools').shuffle(patches);
  const out: number[][] = Array.from({ length: pools }, () => []);
  patches.forEach((patch, i) => {
    out[i % pools].push(...patch);
  });
  return out.filter((pool) => pool.length > 0).map((pool) => Uint32Array.from(pool).sort());
}

/** Rows by square of the slide, in order of their first row. */
function patchesOf(spatial: Float64Array, rows: Uint32Array): number[][] {
  const [x, y] = [0, 1].map((axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (const row of rows) {
      least = Math.min(least, spatial[2 * row + axis]);
      most = Math.max(most, spatial[2 * row + axis]);
    }
    return most - least;
  });
  const edge = Math.max(Math.sqrt((x * y * PATCH_CELLS) / rows.length), 1e-3);
  const patches = new Map<string, number[]>();
  for (const row of rows) {
    const key = `${Math.floor(spatial[2 * row] / edge)},${Math.floor(spatial[2 * row + 1] / edge)}`;
    const patch = patches.get(key);
    if (patch === undefined) patches.set(key, [row]);
    else patch.push(row);
  }
  return [...patches.values()];
}
