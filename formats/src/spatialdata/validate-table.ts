import { nameProblem } from './names.ts';
import { parseNode, tableAttributes } from './node-schemas.ts';
import { readMatrix, readTable, type StoredTable } from './read.ts';
import type { NodeJson } from './store.ts';
import type { StoreCheck } from './validate.ts';

/** Checks of a table: link to its region, unique ids, counts, keys. */

const GROUPS = ['obs', 'var', 'layers', 'obsm', 'obsp', 'uns', 'varm', 'varp'];

/** Checks `tables/<name>`; the shapes it may point to must have been checked before. */
export async function checkTableElement(check: StoreCheck, element: string): Promise<void> {
  const { nodes, report } = check;
  const parsed = parseNode(tableAttributes, nodes.get(element)?.attributes);
  if ('problem' in parsed) {
    report('TABLE_ATTRIBUTES', `${element}: ${parsed.problem}`);
    return;
  }
  for (const group of [...GROUPS, 'X']) {
    if (!nodes.has(`${element}/${group}`)) report('TABLE_LAYOUT', `${element}: ${group} is missing`);
  }
  checkKeys(check, element);
  const table = await readTable(check.path, element.slice('tables/'.length));
  checkMatrix(report, element, table, nodes.get(`${element}/X`));
  for (const [what, index] of [
    ['obs', table.obsIndex],
    ['var', table.varIndex],
  ] as const) {
    if (new Set(index).size !== index.length)
      report('TABLE_INDEX', `${element}: the index of ${what} is not unique`);
  }
  for (const [what, columns, rows] of [
    ['obs', table.obs, table.obsIndex.length],
    ['var', table.var, table.varIndex.length],
  ] as const) {
    for (const { name, values } of columns) {
      if (values.length !== rows)
        report('TABLE_COLUMN', `${element}: ${what} column ${name} has ${values.length} of ${rows} values`);
    }
  }
  for (const [key, { data, columns }] of Object.entries(table.obsm)) {
    if (data.length !== columns * table.obsIndex.length)
      report('TABLE_OBSM', `${element}: obsm ${key} has ${data.length} values`);
  }
  await checkSparse(check, element, table.obsIndex.length);
  checkRegion(check, element, table);
}

/** Sparse matrices of `obsm`, one row for each cell. */
async function checkSparse(
  { path, nodes, report }: StoreCheck,
  element: string,
  rows: number,
): Promise<void> {
  for (const [node, { node_type: type, attributes }] of nodes) {
    const key = node.slice(`${element}/obsm/`.length);
    if (!node.startsWith(`${element}/obsm/`) || key.includes('/') || type !== 'group') continue;
    const [height, width] = (attributes as { shape?: number[] } | undefined)?.shape ?? [];
    const { indptr, indices, data } = await readMatrix(path, node);
    const fits =
      height === rows &&
      indptr.length === rows + 1 &&
      Number(indptr[rows]) === data.length &&
      indices.length === data.length &&
      indices.every((column) => column >= 0 && column < width);
    if (!fits) report('TABLE_OBSM', `${element}: obsm ${key} is no sparse matrix of ${rows} rows`);
  }
}

function checkKeys({ nodes, report }: StoreCheck, element: string): void {
  for (const group of GROUPS) {
    const prefix = `${element}/${group}/`;
    const seen = new Set<string>();
    for (const node of nodes.keys()) {
      const key = node.slice(prefix.length);
      if (
        !node.startsWith(prefix) ||
        key.includes('/') ||
        ((group === 'obs' || group === 'var') && key === '_index')
      )
        continue;
      const problem =
        nameProblem(key) ?? (seen.has(key.toLowerCase()) ? 'occurs twice (ignoring case)' : null);
      if (problem !== null) report('TABLE_KEY', `${element}: the key ${key} of ${group} ${problem}`);
      seen.add(key.toLowerCase());
    }
  }
}

function checkMatrix(
  report: StoreCheck['report'],
  element: string,
  table: StoredTable,
  node: NodeJson | undefined,
): void {
  const { indptr, indices, data } = table.x;
  const [rows, columns] = [table.obsIndex.length, table.varIndex.length];
  const shape = (node?.attributes as { shape?: unknown } | undefined)?.shape;
  if (JSON.stringify(shape) !== JSON.stringify([rows, columns])) {
    report(
      'TABLE_MATRIX',
      `${element}: X has shape ${JSON.stringify(shape)}, obs and var say ${rows} x ${columns}`,
    );
    return;
  }
  if (
    indptr.length !== rows + 1 ||
    Number(indptr[rows]) !== data.length ||
    indices.length !== data.length ||
    Number(indptr[0]) !== 0
  ) {
    report(
      'TABLE_MATRIX',
      `${element}: X has ${indptr.length} row pointers, ${indices.length} indices and ${data.length} values`,
    );
    return;
  }
  for (let row = 0; row < rows; row++) {
    for (let i = Number(indptr[row]); i < Number(indptr[row + 1]); i++) {
      const follows = i === Number(indptr[row]) || indices[i] > indices[i - 1];
      if (!follows || indices[i] < 0 || indices[i] >= columns) {
        report('TABLE_MATRIX', `${element}: the columns of row ${row} of X do not ascend`);
        return;
      }
    }
  }
  if (!data.every((value) => Number.isInteger(value) && value > 0))
    report('TABLE_COUNTS', `${element}: X holds other values than positive integers`);
}

function checkRegion({ nodes, report, shapeIds }: StoreCheck, element: string, table: StoredTable): void {
  if (table.region === null) return;
  const { region, regionKey, instanceKey } = table.region;
  const regions = table.obs.find(({ name }) => name === regionKey);
  if (regions?.kind !== 'categorical')
    report(
      'TABLE_REGION_KEY',
      `${element}: obs column ${regionKey} is ${regions ? 'not categorical' : 'missing'}`,
    );
  else if (regions.categories.join() !== region || regions.values.some((code) => code !== 0)) {
    report('TABLE_REGION', `${element}: the values of ${regionKey} are not all ${region}`);
  }
  if (!nodes.has(`${element}/uns/spatialdata_attrs`))
    report('TABLE_REGION', `${element}: uns/spatialdata_attrs is missing`);
  const instances = table.obs.find(({ name }) => name === instanceKey);
  if (instances?.kind !== 'string') {
    report(
      'TABLE_INSTANCE_KEY',
      `${element}: obs column ${instanceKey} is ${instances?.kind ?? 'missing'}, expected text`,
    );
    return;
  }
  if (new Set(instances.values).size !== instances.values.length)
    report('TABLE_INSTANCES', `${element}: ${instanceKey} is not unique`);
  if (!['shapes', 'labels'].some((type) => nodes.has(`${type}/${region}`))) {
    report('TABLE_TARGET', `${element}: the element ${region} it annotates is missing`);
    return;
  }
  const ids = shapeIds.get(region);
  const absent = instances.values.filter((id) => ids && !ids.has(id));
  if (absent.length > 0)
    report(
      'TABLE_INSTANCES',
      `${element}: ${absent.length} of its ids are not in ${region} (first ${absent[0]})`,
    );
}
