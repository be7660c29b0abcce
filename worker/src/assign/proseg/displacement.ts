import type { ProsegSettings } from '@spatile/formats/tile/proseg';

/** Functions the tables are made with; the kernel's own, so that every engine gives the same bits. */
export interface Elementary {
  exp(x: number): number;
  erf(x: number): number;
}

/** Tables end at the first offset less likely than this (1.3 of the method notes). */
const LEAST = 1e-5;
const MAX_OFFSETS = 120;
/** The same in depth, where near and far share the kernel's table of 256; a slide has at most 32 layers, so none is out of reach. */
const MAX_DEPTH = 63;

/**
 * Probability of a displacement by k = 0, 1, ... voxels along one axis for a normal of sd `sd`, the start uniform in its voxel:
 * tabulated down to the first below 1e-5, at most to `most`. `sd` and `edge` in the same unit.
 */
export function displacementTable(
  sd: number,
  edge: number,
  { exp, erf }: Elementary,
  most = MAX_OFFSETS,
): number[] {
  const integral = (x: number): number =>
    -x * erf(x / (sd * Math.SQRT2)) - sd * Math.sqrt(2 / Math.PI) * exp((-x * x) / (2 * sd * sd));
  const table: number[] = [];
  for (let k = 0; k <= most; k++) {
    const p = (2 * integral(k * edge) - integral((k + 1) * edge) - integral((k - 1) * edge)) / (2 * edge);
    table.push(Math.max(0, p));
    if (!(p >= LEAST)) break;
  }
  return table;
}

/** Mirrors a table to offsets -k..k and scales it to sum 1. */
export function mirrored(table: readonly number[]): number[] {
  const both = [...table.slice(1).reverse(), ...table];
  const sum = both.reduce((total, p) => total + p, 0);
  return both.map((p) => p / sum);
}

/** Alias table (Walker 1977): column i is taken below `threshold[i]` (of 2^32), else its alias. */
export interface AliasTable {
  threshold: Uint32Array;
  alias: Uint8Array;
}

/** Alias table of probabilities that sum to 1. */
export function aliasTable(probabilities: readonly number[]): AliasTable {
  const n = probabilities.length;
  const share = probabilities.map((p) => p * n);
  const threshold = new Uint32Array(n).fill(0xffffffff);
  const alias = Uint8Array.from({ length: n }, (_, i) => i);
  const small = share.flatMap((p, i) => (p < 1 ? [i] : []));
  const large = share.flatMap((p, i) => (p < 1 ? [] : [i]));
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large[large.length - 1];
    threshold[low] = Math.min(0xffffffff, Math.round(share[low] * 2 ** 32));
    alias[low] = high;
    share[high] -= 1 - share[low];
    if (share[high] < 1) {
      large.pop();
      small.push(high);
    }
  }
  return { threshold, alias };
}

/** The displacement law of a tile as alias tables: along x and y for the near and the far kind, and of (kind, depth) together. */
export interface Displacement {
  near: AliasTable;
  far: AliasTable;
  /** Near at all depths, then far at all depths. */
  mode: AliasTable;
}

/** The law of the settings on voxels of `voxelUm` and `layers` layers of the unit depth. */
export function displacementLaw(
  settings: ProsegSettings,
  voxelUm: number,
  layers: number,
  elementary: Elementary,
): Displacement {
  const depth =
    layers === 1
      ? [1]
      : mirrored(displacementTable(settings.diffusionSdZ, 1 / layers, elementary, MAX_DEPTH));
  const far = settings.diffusionProbability;
  return {
    near: aliasTable(mirrored(displacementTable(settings.diffusionSdNearUm, voxelUm, elementary))),
    far: aliasTable(mirrored(displacementTable(settings.diffusionSdFarUm, voxelUm, elementary))),
    mode: aliasTable([...depth.map((p) => p * (1 - far)), ...depth.map((p) => p * far)]),
  };
}
