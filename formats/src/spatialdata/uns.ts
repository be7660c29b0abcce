import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openNumbers } from './number-reader.ts';
import { readNode, readStrings } from './read.ts';

/** Lists of numbers and of texts of one mapping below `uns`; what is neither is left out. */
export interface UnsLists {
  numbers: Record<string, number[]>;
  texts: Record<string, string[]>;
}

/** Names of the mappings and values below `uns` of a table; none without a table. */
export async function listUns(path: string, table = 'table'): Promise<string[]> {
  const names = await readdir(join(path, 'tables', table, 'uns')).catch(() => []);
  return names.filter((name) => name !== 'zarr.json').sort();
}

/** The lists of `uns/<name>` (slashes lead further down); empty when it is not there. Errors: `STORE_INVALID`. */
export async function readUnsLists(path: string, name: string, table = 'table'): Promise<UnsLists> {
  const root = `tables/${table}/uns/${name}`;
  const out: UnsLists = { numbers: {}, texts: {} };
  const members = await readdir(join(path, root)).catch(() => []);
  for (const member of members.filter((entry) => entry !== 'zarr.json').sort()) {
    const node = await readNode(path, `${root}/${member}`);
    if (node.node_type !== 'array' || (node.shape as number[]).length !== 1) continue;
    if (node.data_type === 'string') out.texts[member] = await readStrings(path, `${root}/${member}`);
    else out.numbers[member] = Array.from(await (await openNumbers(path, `${root}/${member}`)).all(), Number);
  }
  return out;
}
