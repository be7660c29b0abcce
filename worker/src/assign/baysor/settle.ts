import { DISCOVERED, type DiscoveryNames, namesIn } from '@spatile/formats/tile/baysor';
import type { FarClaims } from '@spatile/formats/tile/claims';
import type { TilePart } from '@spatile/formats/tile/parts';
import type { Handler } from '../../handler.ts';
import { settledTile } from '../proseg/settle/settle.ts';
import { picked } from '../proseg/settle/squares.ts';

/**
 * `assign.baysor.settle`: one tile as the claims of all tiles on its transcripts leave it, discovered cells by their names on the
 * slide; those that became none are background, sure of nothing. In: settle-tile with the table `names`. Out: settled-tile. Errors:
 * `RUN_CORRUPT` for damaged pieces, `INTERNAL` for transcripts that are not named.
 */
export const settleBaysor: Handler = async (input) => {
  const nameOf = naming(namesIn(input));
  return settledTile(input, {
    part: (tile, part) => namedPart(part, nameOf(tile)),
    far: (tile, claims) => namedFar(claims, nameOf(tile)),
  });
};

/** What a tile's cells are called on the slide; 0: it is none. */
function naming({ tile, index, cell }: DiscoveryNames): (tile: number) => (cell: number) => number {
  const names = new Map<number, Map<number, number>>();
  tile.forEach((number, i) => {
    const own = names.get(number) ?? new Map<number, number>();
    names.set(number, own.set(index[i], cell[i]));
  });
  return (number) => (found) =>
    found < DISCOVERED ? found : (names.get(number)?.get(found - DISCOVERED) ?? 0);
}

export function namedPart(
  { claims, runs, cells, loadings }: TilePart,
  name: (cell: number) => number,
): TilePart {
  const claimed = claims.cell.map(name);
  const kept = (cell: Uint32Array): Uint32Array => Uint32Array.from(cell.keys()).filter((i) => cell[i] !== 0);
  const run = runs.cell.map(name);
  const cell = cells.cell.map(name);
  return {
    claims: {
      ...claims,
      cell: claimed,
      probability: claims.probability.map((p, i) => (claimed[i] === 0 && claims.cell[i] !== 0 ? 0 : p)),
    },
    runs: picked({ ...runs, cell: run }, kept(run)),
    cells: picked({ ...cells, cell }, kept(cell)),
    loadings,
  };
}

function namedFar(claims: FarClaims, name: (cell: number) => number): FarClaims {
  const cell = claims.cell.map(name);
  const kept = Uint32Array.from(cell.keys()).filter((i) => cell[i] !== 0);
  return picked({ ...claims, cell }, kept);
}
