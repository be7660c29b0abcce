import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SpatileError } from '../errors.ts';
import { type TranscriptLabels, writeLabelledPoints } from './labelled-points.ts';
import { rootJson } from './metadata.ts';
import { readNode, storeInvalid } from './read.ts';
import { type NodeJson, PartialStore } from './store.ts';
import { addToTable, type TableAdditions } from './table.ts';

/**
 * Writes a copy of a store whose table holds more. Files that do not change are copied; where the file system shares blocks
 * (reflinks), the copy costs what is new. The source is not changed, and nothing written to one later shows in the other.
 * @param labels points beside `transcripts`, in the same frames.
 * @param attrs stored under `spatile` in the root attributes, beside what is there.
 * @returns digest and bytes of the new store.
 * Errors: `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `DISK_FULL`, `STORE_INVALID` for a source that holds one of the additions.
 */
export async function extendSpatialData(
  source: string,
  output: string,
  table: string,
  additions: TableAdditions,
  attrs: Record<string, unknown>,
  labels: AddedLabels | null = null,
): Promise<{ digest: string; bytes: number }> {
  const root = (await readNode(source, '')).attributes as Record<string, Record<string, unknown>> | undefined;
  const store = await PartialStore.create(output);
  try {
    for await (const name of filesOf(source, '')) {
      if (name === 'zarr.json') continue;
      if (!name.endsWith('/zarr.json')) await store.adopt(name, join(source, name));
      else {
        const node = name.slice(0, -'/zarr.json'.length);
        const json = await readNode(source, node);
        await store.node(node, node === `tables/${table}/obs` ? withColumns(source, json, additions) : json);
      }
    }
    await addToTable(store, table, additions);
    if (labels !== null) await addLabels(store, source, labels);
    const digest = await store.finish(
      rootJson({ ...root, spatile: { ...root?.spatile, ...attrs } }, store.nodes()),
    );
    return { digest, bytes: store.bytes };
  } catch (error) {
    await store.abort();
    throw error;
  }
}

/** What methods say of transcripts, and the names that their codes stand for. */
export interface AddedLabels {
  elements: readonly TranscriptLabels[];
  features: readonly string[];
  cellIds: readonly string[];
}

async function addLabels(
  store: PartialStore,
  source: string,
  { elements, features, cellIds }: AddedLabels,
): Promise<void> {
  for (const { name, hasZ, columns, batches } of elements) {
    const { attributes } = await readNode(source, 'points/transcripts');
    const { coordinateTransformations } = attributes as { coordinateTransformations: NodeJson[] };
    if (store.hasNode(`points/${name}`))
      throw storeInvalid(source, `it holds the points ${name} already; take the uncorrected result`);
    await writeLabelledPoints(
      store,
      name,
      { features, cellIds, hasZ, columns },
      batches(),
      coordinateTransformations,
    );
  }
}

/** Relative paths of all files, folder by folder in order of their names. */
async function* filesOf(root: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) yield* filesOf(root, `${prefix}${entry.name}/`);
    else yield prefix + entry.name;
  }
}

/** The metadata of `obs` with the new columns in its order. */
function withColumns(source: string, json: NodeJson, { obs }: TableAdditions): NodeJson {
  const attributes = json.attributes as { 'column-order'?: unknown } | undefined;
  const order = attributes?.['column-order'];
  if (!Array.isArray(order)) throw storeInvalid(source, 'its table has no list of columns');
  const twice = obs.find(({ name }) => order.includes(name));
  if (twice !== undefined) {
    throw new SpatileError(
      'STORE_INVALID',
      `${source}: its table holds the column ${twice.name} already; expected a result without these corrections; take the uncorrected result`,
      { fields: { file: source } },
    );
  }
  return {
    ...json,
    attributes: { ...attributes, 'column-order': [...order, ...obs.map(({ name }) => name)] },
  };
}
