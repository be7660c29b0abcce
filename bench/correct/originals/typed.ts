import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAnnotation } from '@spatile/formats/spatialdata/read';
import { readUnsLists } from '@spatile/formats/spatialdata/uns';
import * as zarrita from 'zarrita';
import { correlation } from '../correlation.ts';

/** Cell types as one of the programs found them. */
export interface TypedCells {
  types: readonly string[];
  /** Number of the cell in its slide, of typed cells only. */
  cells: number[];
  cellClass: string[];
  first: string[];
  second: string[];
  /** Of all types, cell after cell. */
  weights: number[];
  /** Weights of first and second type, cell after cell. */
  pair: number[];
  sigma: number;
}

/** How two typings of the same cells agree. */
export interface TypingEquality {
  cells: number;
  onlyOne: number;
  weightsCorrelation: number;
  largestDifference: number;
  classEqual: number;
  firstEqual: number;
  secondEqual: number;
}

/** Rows of a CSV file without quotes; the first is its header. */
export const csvRows = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));

/** Numbers by name of a file of `name,value`. */
export const factsOf = (file: string): Record<string, number> =>
  Object.fromEntries(
    csvRows(file)
      .slice(1)
      .map(([name, value]) => [name, Number(value)]),
  );

/** What `spacexr.R` wrote. */
export function typedByOriginal(folder: string): TypedCells {
  const results = csvRows(join(folder, 'results.csv')).slice(1);
  const [[, ...types], ...weights] = csvRows(join(folder, 'weights.csv'));
  return {
    types,
    cells: results.map(([barcode]) => Number(barcode.slice(1))),
    cellClass: results.map(([, cellClass]) => cellClass),
    first: results.map(([, , first]) => first),
    second: results.map(([, , , second]) => second),
    weights: weights.flatMap(([, ...row]) => row.map(Number)),
    pair: results.flatMap(([, , , , w1, w2]) => [Number(w1), Number(w2)]),
    sigma: factsOf(join(folder, 'facts.csv')).sigma_value,
  };
}

/** What `spatile correct` wrote. */
export async function typedBySpatile(zarr: string): Promise<TypedCells> {
  const [{ obs, obsm }, { texts }] = [await readAnnotation(zarr), await readUnsLists(zarr, 'rctd')];
  const [cellClass, first, second] = ['rctd_class', 'rctd_first', 'rctd_second'].map((name) => {
    const column = obs.find((one) => one.name === name);
    if (column?.kind !== 'categorical') throw new Error(`${zarr}: no column ${name}`);
    return Array.from(column.values, (code) => column.categories[code] ?? '');
  });
  const [w1, w2] = ['rctd_w1', 'rctd_w2'].map((name) => obs.find((one) => one.name === name)!.values);
  const cells = cellClass.flatMap((name, cell) => (name === 'filtered' ? [] : [cell]));
  const { data, columns } = obsm.rctd_weights;
  return {
    types: texts.types,
    cells,
    cellClass: cells.map((cell) => cellClass[cell]),
    first: cells.map((cell) => first[cell]),
    second: cells.map((cell) => second[cell]),
    weights: cells.flatMap((cell) => Array.from(data.subarray(cell * columns, (cell + 1) * columns), Number)),
    pair: cells.flatMap((cell) => [Number(w1[cell]), Number(w2[cell])]),
    sigma: await sigmaOf(zarr),
  };
}

async function sigmaOf(zarr: string): Promise<number> {
  const root = zarrita.root({ get: (key: string) => readFile(join(zarr, key)).catch(() => undefined) });
  const array = await zarrita.open.v3(root.resolve('tables/table/uns/rctd/sigma'), { kind: 'array' });
  // A value without dimensions comes bare.
  return Number(await zarrita.get(array));
}

/** Compares two typings cell by cell, weights type by type. */
export function compareTyping(ours: TypedCells, theirs: TypedCells): TypingEquality {
  const at = new Map(theirs.cells.map((cell, i) => [cell, i]));
  const both = ours.cells.flatMap((cell, i) => (at.has(cell) ? [[i, at.get(cell)!]] : []));
  const place = ours.types.map((type) => theirs.types.indexOf(type));
  const a = both.flatMap(([i]) => place.map((_, k) => ours.weights[i * place.length + k]));
  const b = both.flatMap(([, i]) => place.map((k) => theirs.weights[i * place.length + k]));
  const share = (equal: (i: number, j: number) => boolean): number =>
    both.filter(([i, j]) => equal(i, j)).length / both.length;
  return {
    cells: both.length,
    onlyOne: ours.cells.length + theirs.cells.length - 2 * both.length,
    weightsCorrelation: correlation(a, b),
    largestDifference: a.reduce((most, w, i) => Math.max(most, Math.abs(w - b[i])), 0),
    classEqual: share((i, j) => ours.cellClass[i] === theirs.cellClass[j]),
    firstEqual: share((i, j) => ours.first[i] === theirs.first[j]),
    secondEqual: share((i, j) => ours.second[i] === theirs.second[j]),
  };
}
