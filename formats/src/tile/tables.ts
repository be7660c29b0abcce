import { SpatileError } from '../errors.ts';
import type { Columns, Frame } from './frame.ts';

/**
 * The wanted tables of a frame, whatever else it holds.
 * Errors: `RUN_CORRUPT` when a table lacks a wanted column.
 *
 * @param wanted names of the columns by table.
 */
export function pickTables(frame: Frame, wanted: Record<string, string[]>): Record<string, Columns> {
  const out: Record<string, Columns> = {};
  for (const [table, columns] of Object.entries(wanted)) {
    const found = frame.tables[table];
    const missing = columns.filter((column) => found?.[column] === undefined);
    if (missing.length > 0) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `${frame.kind}: table ${table} lacks ${missing.join(', ')}; expected ${columns.join(', ')}; start again with --overwrite`,
      );
    }
    out[table] = found;
  }
  return out;
}

/** The tables of a part that are there: optional ones that are not are left out of the frame. */
export function presentTables(tables: object): Record<string, Columns> {
  return Object.fromEntries(Object.entries(tables).filter(([, columns]) => columns !== undefined));
}

/** Those of the optional tables that a frame holds. */
export function presentIn(frame: Frame, optional: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(optional).filter(([name]) => frame.tables[name] !== undefined));
}
