import { readFile, stat } from 'node:fs/promises';
import type { SpatileError } from '../errors.ts';
import type { Polygon } from '../geometry/wkb.ts';
import { openFailed } from '../tabular/open-failed.ts';

/** A lasso has some thousand vertices; what is larger is another file. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Polygons of a Xenium Explorer selection: lines that begin with `#` are remarks, then a header `X,Y` or `Selection,X,Y`;
 * rows of one name make one polygon, in file order. Values stay in the unit of the file.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, and `invalid(what)` for anything that is not this.
 */
export async function readExplorerCsv(
  path: string,
  invalid: (what: string) => SpatileError,
): Promise<Polygon[]> {
  const text = await readSmallFile(path, invalid);
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ fields: splitFields(line), number: index + 1, remark: line.startsWith('#') }))
    .filter(({ fields, remark }) => !remark && fields.some((field) => field !== ''));
  const header = lines.shift();
  if (header === undefined) throw invalid('the file holds no header');
  const columns = header.fields.map((field) => field.toLowerCase());
  const x = columns.indexOf('x');
  const y = columns.indexOf('y');
  const selection = columns.indexOf('selection');
  if (x < 0 || y < 0) throw invalid(`no columns X and Y (found: ${header.fields.join(', ').slice(0, 200)})`);
  const polygons = new Map<string, number[]>();
  for (const { fields, number } of lines) {
    const point = [fields[x], fields[y]].map((field) =>
      field === undefined || field === '' ? Number.NaN : Number(field),
    );
    if (fields.length !== columns.length || !point.every(Number.isFinite)) {
      throw invalid(`line ${number} is not a point (${fields.join(',').slice(0, 100)})`);
    }
    const name = selection < 0 ? '' : fields[selection];
    const points = polygons.get(name) ?? [];
    points.push(...point);
    polygons.set(name, points);
  }
  return Array.from(polygons.values(), (points) => [Float64Array.from(points)]);
}

const splitFields = (line: string): string[] =>
  line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));

async function readSmallFile(path: string, invalid: (what: string) => SpatileError): Promise<string> {
  let size: number;
  try {
    size = (await stat(path)).size;
    if (size <= MAX_BYTES) return await readFile(path, 'utf8');
  } catch (cause) {
    throw openFailed(path, cause);
  }
  throw invalid(`the file is too large for a selection (${size} bytes)`);
}
