import { createHash } from 'node:crypto';
import type { AssignTileMeta } from '@spatile/formats/tile/assign';
import type { TileGrid } from './grid.ts';

/** A Philox key: two u32. */
export type Key = [number, number];

function keyOf(...parts: (string | number)[]): Key {
  const digest = createHash('sha256').update(parts.join('|')).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

/**
 * Key of the draws that belong to a transcript or a cell, by stage (`fit`, `assign`, `border`): the same in every tile, so that
 * neighbouring tiles draw the same numbers for what they share.
 */
export function slideKey(meta: AssignTileMeta, stage: string): Key {
  return keyOf('proseg', 'slide', meta.seed, stage);
}

/** Key of the label moves of one tile: a function of its place on the lattice, never of its number. */
export function tileKey(meta: AssignTileMeta, grid: TileGrid, stage: string): Key {
  const { firstColumn, firstRow, width, height, core } = grid;
  return keyOf(
    'proseg',
    'tile',
    meta.seed,
    stage,
    firstColumn,
    firstRow,
    width,
    height,
    core.x0,
    core.y0,
    core.x1,
    core.y1,
  );
}
