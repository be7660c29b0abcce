import { openCsv } from '../csv/file.ts';

const ROWS = 1 << 12;

/**
 * Microns per pixel that a `*_fov_positions_file.csv` implies where it gives positions both in pixels and in mm: the
 * ratio of the two spans along x. Null when it has not both, or fewer than two places.
 */
export async function positionsPixelSizeUm(path: string): Promise<number | null> {
  const table = await openCsv(path);
  const mm = ['x_global_mm', 'x_mm'].find((name) => table.columns.some((column) => column.name === name));
  if (!mm || !table.columns.some(({ name }) => name === 'x_global_px')) return null;
  const px = { low: Infinity, high: -Infinity };
  const um = { low: Infinity, high: -Infinity };
  const requests = [
    { name: 'x_global_px', as: 'float32', scale: 1 },
    { name: mm, as: 'float32', scale: 1000 },
  ] as const;
  for await (const { columns, length } of table.batches(requests, ROWS)) {
    for (let i = 0; i < length; i++) {
      widen(px, columns[0][i] as number);
      widen(um, columns[1][i] as number);
    }
  }
  return px.high > px.low && um.high > um.low ? (um.high - um.low) / (px.high - px.low) : null;
}

function widen(span: { low: number; high: number }, value: number): void {
  if (value < span.low) span.low = value;
  if (value > span.high) span.high = value;
}
