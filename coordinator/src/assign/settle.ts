import { SpatileError } from '@spatile/formats/errors';
import { type Claims, eachShared, type FarClaims } from '@spatile/formats/tile/claims';
import type { TileState } from '@spatile/formats/tile/state';

/**
 * The claims of a tile on some rows of another (both ascending), copied: the claims of a result are views on all of it, and a tile
 * would hold the results of all its neighbours at once.
 *
 * @param at the rows, and the observed places of their transcripts (microns).
 * @param owns whether a cell is the claiming tile's own: other cells it cannot claim for.
 */
export function farClaimsOn(
  at: { row: Uint32Array; x: Float32Array; y: Float32Array },
  claims: Claims,
  owns: (cell: number) => boolean,
): FarClaims {
  const found: [number, number][] = [];
  eachShared(at.row, claims.row, (i, c) => {
    if (claims.cell[c] !== 0 && owns(claims.cell[c])) found.push([i, c]);
  });
  return {
    row: Uint32Array.from(found, ([i]) => at.row[i]),
    x: Float32Array.from(found, ([i]) => at.x[i]),
    y: Float32Array.from(found, ([i]) => at.y[i]),
    cell: Uint32Array.from(found, ([, c]) => claims.cell[c]),
    probability: Float32Array.from(found, ([, c]) => claims.probability[c]),
    dx: Int8Array.from(found, ([, c]) => claims.dx[c]),
    dy: Int8Array.from(found, ([, c]) => claims.dy[c]),
    dl: Int8Array.from(found, ([, c]) => claims.dl[c]),
  };
}

/**
 * Settles a tile whose method decides its own core outright (nucleus, expand: exact wherever the halo is wide enough): its
 * verdicts are final, whoever owns the cells. Errors: `INTERNAL` when the claims are not on the rows of the core.
 *
 * @param row of the tile's partition, ascending.
 */
export function coreVerdicts(tile: string, claims: Claims, row: Uint32Array): TileState['verdicts'] {
  const lost = row.findIndex((wanted, i) => claims.row[i] !== wanted);
  if (claims.row.length !== row.length || lost >= 0)
    throw new SpatileError(
      'INTERNAL',
      `tile ${tile}: its result does not name the input rows of its core exactly once (row ${row[lost] ?? 'too many'}); please report this`,
    );
  return { cell: claims.cell, probability: claims.probability };
}
