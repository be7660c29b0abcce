import type { CorrectConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { TableColumn } from '@spatile/formats/spatialdata/write';
import { invalidMethods } from '../invalid.ts';
import type { CorrectStage, SoFar } from '../method.ts';

/** Type of each cell: index in `names`, -1 where there is none. */
export interface CellTypes {
  names: readonly string[];
  type: Int32Array;
  /** Where they are from, for provenance. */
  from: string;
}

const DEFAULT_COLUMN = 'cell_type';

/**
 * The cell types that celladmix goes by: the configured column of the table, else those of the method before, else the column
 * `cell_type`. Errors: `CONFIG_INVALID` when there are none.
 */
export function cellTypesOf({ config, table }: CorrectStage, { types }: SoFar): CellTypes {
  const wanted = config.correct.celladmix.types;
  if (wanted === null && types !== null)
    return { names: types.names, type: Int32Array.from(types.typed.first), from: 'rctd' };
  const name = wanted ?? DEFAULT_COLUMN;
  const column = table.obs.find((one) => one.name === name);
  if (column !== undefined) return { ...coded(column), from: `obs/${name}` };
  throw new SpatileError(
    'CONFIG_INVALID',
    `correct.methods: celladmix has no cell types (the table has no column ${name}); expected rctd before it or a column of cell types; write rctd,celladmix or name a column with correct.celladmix.types`,
  );
}

function coded(column: TableColumn): Pick<CellTypes, 'names' | 'type'> {
  if (column.kind === 'categorical')
    return { names: column.categories, type: Int32Array.from(column.values) };
  if (column.kind !== 'string')
    throw new SpatileError(
      'CONFIG_INVALID',
      `correct.celladmix.types: the column ${column.name} is of kind ${column.kind}; expected names of cell types; name another column`,
    );
  const names = [...new Set(column.values)].filter((name) => name !== '').sort();
  const code = new Map(names.map((name, i) => [name, i]));
  return { names, type: Int32Array.from(column.values, (name) => code.get(name) ?? -1) };
}

/**
 * Checks before a run begins that celladmix will have cell types at its end, where the table holds none yet.
 * Errors: `CONFIG_INVALID`.
 */
export function checkRunTypes({ methods, celladmix }: CorrectConfig): void {
  const at = methods.indexOf('celladmix');
  if (at < 0) return;
  if (!methods.slice(0, at).includes('rctd'))
    throw invalidMethods('celladmix has no cell types', 'rctd before it', 'write rctd,celladmix');
  if (celladmix.types !== null)
    throw new SpatileError(
      'CONFIG_INVALID',
      `correct.celladmix.types: a run has no column ${celladmix.types} (types come from rctd); expected null; leave it out, or correct the finished result`,
    );
}
