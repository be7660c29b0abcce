import { basename, join, resolve } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { type NumberReader, openNumbers } from '@spatile/formats/spatialdata/number-reader';
import type { StoredAnnotation } from '@spatile/formats/spatialdata/read';
import type { CountRows, CountTable } from './table.ts';

const MOST_COUNT = 2 ** 24;

/**
 * The counts of a stored table, streamed from its chunks: memory is the row pointers and a few chunks.
 * Errors: `STORE_INVALID` for cells without a place in finite microns and arrays that are no matrix of this size; from `rows` for values that
 * are no counts.
 */
export async function storedCounts(
  input: string,
  name: string,
  annotation: StoredAnnotation,
): Promise<CountTable> {
  const { obs, obsIndex, obsm, varIndex } = annotation;
  const part = (member: string): Promise<NumberReader> => openNumbers(input, `tables/${name}/X/${member}`);
  const [indices, data] = [await part('indices'), await part('data')];
  const start = Float64Array.from(await (await part('indptr')).all(), Number);
  const cells = obsIndex.length;
  const invalid = invalidIn(input);
  const entries = start[start.length - 1];
  if (
    start.length !== cells + 1 ||
    start[0] !== 0 ||
    start.some((entry, i) => i > 0 && !(entry >= start[i - 1])) ||
    indices.length !== entries ||
    data.length !== entries
  )
    throw invalid(
      `the counts of its table have ${start.length} row pointers, ${indices.length} columns and ${data.length} values`,
      `a sparse matrix of ${cells} rows`,
    );
  const ids = annotation.var.find(({ name: column }) => column === 'gene_ids');
  return {
    cells,
    start,
    geneNames: varIndex,
    geneIds: ids?.kind === 'string' ? ids.values : varIndex,
    spatial: placesOf(obsm.spatial, cells, invalid),
    obs,
    rows: async (from, to) => {
      const [begin, end] = [start[from], start[to]];
      const rows = {
        indices: whole(await indices.slice(begin, end)),
        data: whole(await data.slice(begin, end)),
      };
      checkRows(rows, start.subarray(from, to + 1), varIndex.length, invalid);
      return rows;
    },
  };
}

type Invalid = (what: string, expected: string) => SpatileError;

const invalidIn =
  (input: string): Invalid =>
  (what, expected) =>
    new SpatileError(
      'STORE_INVALID',
      `${basename(resolve(input))}: ${what}; expected ${expected}; correct a result of spatile run`,
      { fields: { file: join(input) } },
    );

/** Values as 32-bit integers where they are; others as -1, which is no count. */
function whole(values: ArrayLike<number | bigint>): Int32Array {
  if (values instanceof Int32Array) return values;
  return Int32Array.from(values as ArrayLike<number>, (value) => {
    const number = Number(value);
    return Number.isInteger(number) && number >= 0 && number < MOST_COUNT ? number : -1;
  });
}

function checkRows({ indices, data }: CountRows, start: Float64Array, genes: number, invalid: Invalid): void {
  const odd = data.find((value) => value < 0 || value >= MOST_COUNT);
  if (odd !== undefined)
    throw invalid(
      `the counts of its table hold ${odd === -1 ? 'a negative or broken number' : odd}`,
      `whole numbers from 0 to ${MOST_COUNT - 1}`,
    );
  for (let row = 0; row + 1 < start.length; row++) {
    let last = -1;
    for (let e = start[row] - start[0]; e < start[row + 1] - start[0]; e++) {
      if (indices[e] <= last || indices[e] >= genes)
        throw invalid(
          `column ${indices[e]} follows column ${last} in the counts of a cell`,
          `ascending columns below ${genes}`,
        );
      last = indices[e];
    }
  }
}

function placesOf(
  places: StoredAnnotation['obsm'][string] | undefined,
  cells: number,
  invalid: Invalid,
): Float64Array {
  if (places === undefined || places.columns < 2)
    throw invalid('its table has no obsm/spatial', 'places of the cells in microns');
  const spatial = new Float64Array(2 * cells);
  for (let i = 0; i < cells; i++)
    for (const axis of [0, 1]) spatial[2 * i + axis] = Number(places.data[i * places.columns + axis]);
  const odd = spatial.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw invalid(
      `the place of cell ${Math.floor(odd / 2)} in its table's obsm/spatial is ${spatial[odd]}`,
      'places of all cells in microns',
    );
  return spatial;
}
