import { OwnerGrid } from '@spatile/coordinator/plan/owner';
import { latticeFor } from '@spatile/coordinator/plan/plan';
import { quadtree } from '@spatile/coordinator/plan/quadtree';
import { DensityGrid, DensityTable } from '@spatile/coordinator/scan/grid';
import { rectContains } from '@spatile/formats/space';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** The single-precision numbers next to a multiple of the lattice, and the multiple itself. */
function around(multiple: number): number[] {
  const value = new Float32Array([multiple]);
  const bits = new Int32Array(value.buffer);
  const near = [-1, 0, 1].map((step) => {
    const other = new Float32Array(1);
    new Int32Array(other.buffer)[0] = bits[0] + step;
    return other[0];
  });
  return [...near, 1e-26, -1e-16].filter(Number.isFinite);
}

test('the tile that a point is filed under is the one whose core holds it, on lattices that are no power of two too', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: -40, max: 300 }), fc.integer({ min: -40, max: 300 })), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.constantFrom(0.3, 0.7, 1, 1.3), steps, (voxelUm, multiples) => {
      const latticeUm = latticeFor(voxelUm, 2);
      const points = multiples.flatMap(([i, j]) =>
        around(i * latticeUm).flatMap((x) => around(j * latticeUm).map((y) => [x, y] as const)),
      );
      const grid = new DensityGrid(latticeUm);
      for (const [x, y] of points) grid.add(x, y);
      const { extent } = new DensityTable(latticeUm, grid.bins());
      const cores = quadtree(extent, {
        ...{ latticeUm, maxEdgeUm: 600, minEdgeUm: 40 },
        tooHeavy: () => false,
      });
      const owner = new OwnerGrid(extent, latticeUm, cores);
      const lost = points.filter(([x, y]) => !rectContains(cores[owner.ownerOf(x, y)], x, y));
      expect(lost).toEqual([]);
    }),
    { numRuns: 100, seed: 3 },
  );
});
