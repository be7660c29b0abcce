import { SpatileError } from '@spatile/formats/errors';
import type { Claims } from '@spatile/formats/tile/claims';
import type { TileState } from '@spatile/formats/tile/state';

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
