import type { CorrectConfig } from '@spatile/formats/config/schema';
import { RandomStream } from '@spatile/random/stream';
import type { CellTypes } from './cell-types.ts';

type Settings = CorrectConfig['celladmix'];

/** Molecules of sampled cells that travel to the worker that makes neighbourhoods; about 16 bytes each. */
const MOST_MOLECULES = 2_000_000;

/** A sampled cell, and how many of its molecules are taken. */
export interface Sampled {
  row: number;
  take: number;
}

/** Rows in random order, the same for every cut of the slide. @param what they are drawn for. */
export function shuffledRows(cells: number, seed: number, what: string): Uint32Array {
  const keys = new Float64Array(cells);
  // Random bits above the row number, 53 in all: one sort of plain numbers.
  const rowBits = Math.max(21, 32 - Math.clz32(cells));
  for (let row = 0; row < cells; row++) {
    const random = new RandomStream(seed, what, row).uint32() >>> (rowBits - 21);
    keys[row] = random * 2 ** rowBits + row;
  }
  keys.sort();
  return Uint32Array.from(keys, (key) => key % 2 ** rowBits);
}

/**
 * Draws the molecules whose neighbourhoods the factors are learned from: of each type as many, of many cells. Cells without a
 * type are left out. @param totals transcripts of each cell; @returns ascending rows.
 */
export function sampleCells(
  { names, type }: CellTypes,
  totals: Uint32Array,
  order: Uint32Array,
  settings: Settings,
): Sampled[] {
  const { neighbours, sampleCells: mostCells, sampleMolecules } = settings;
  const chosen: number[][] = names.map(() => []);
  const molecules = new Float64Array(names.length);
  for (const row of order) {
    const t = type[row];
    if (t < 0 || totals[row] < neighbours || chosen[t].length === mostCells) continue;
    if (chosen[t].length > 0 && molecules[t] + totals[row] > MOST_MOLECULES / names.length) continue;
    chosen[t].push(row);
    molecules[t] += totals[row];
  }
  const present = chosen.filter((rows) => rows.length > 0);
  const ofType = Math.max(1, Math.floor(sampleMolecules / Math.max(1, present.length)));
  return present
    .flatMap((rows) =>
      rows.map((row) => ({ row, take: Math.min(totals[row], Math.ceil(ofType / rows.length)) })),
    )
    .sort((a, b) => a.row - b.row);
}
