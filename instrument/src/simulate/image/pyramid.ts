import { TILE_PX } from './ome-tiff.ts';

/** Levels are halved until none of their edges is longer than this. */
const SMALLEST_PX = 512;
const HALF = TILE_PX / 2;

/** Edges of the levels of a square image in pixels, full resolution first; each is half of the one before, rounded up. */
export function levelSizes(sizePx: number): number[] {
  const sizes = [sizePx];
  while (sizes[sizes.length - 1] > SMALLEST_PX) sizes.push(Math.ceil(sizes[sizes.length - 1] / 2));
  return sizes;
}

export interface TileIndex {
  level: number;
  column: number;
  row: number;
}

/**
 * All tiles of all levels, each behind the four that it is made of, so that a writer needs one unfinished tile per level
 * and not a row of them.
 */
export function* tilesInOrder(sizes: readonly number[]): Generator<TileIndex> {
  const across = sizes.map((size) => Math.ceil(size / TILE_PX));
  function* visit(level: number, column: number, row: number): Generator<TileIndex> {
    if (column >= across[level] || row >= across[level]) return;
    if (level > 0) {
      for (const [right, down] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ])
        yield* visit(level - 1, 2 * column + right, 2 * row + down);
    }
    yield { level, column, row };
  }
  const top = sizes.length - 1;
  for (let row = 0; row < across[top]; row++)
    for (let column = 0; column < across[top]; column++) yield* visit(top, column, row);
}

/** Averages 2 x 2 pixels of a tile into its quarter of the tile above; at the image's edge, only those that exist. */
export function foldTile(
  tile: Uint16Array,
  { column, row }: TileIndex,
  sizePx: number,
  above: Uint16Array,
): void {
  const width = Math.min(TILE_PX, sizePx - column * TILE_PX);
  const height = Math.min(TILE_PX, sizePx - row * TILE_PX);
  const left = (column & 1) * HALF;
  const top = (row & 1) * HALF;
  for (let y = 0; y < height; y += 2) {
    const upper = y * TILE_PX;
    const lower = Math.min(y + 1, height - 1) * TILE_PX;
    const target = (top + y / 2) * TILE_PX + left;
    for (let x = 0; x < width; x += 2) {
      const next = Math.min(x + 1, width - 1);
      above[target + x / 2] =
        (tile[upper + x] + tile[upper + next] + tile[lower + x] + tile[lower + next] + 2) >> 2;
    }
  }
}
