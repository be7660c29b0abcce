import { join } from 'node:path';
import type { File as Hdf5File } from 'h5wasm/node';
import * as z from 'zod';
import { fileBytes } from '../csv/bytes.ts';
import { hasFile, inputFile, type Listing, namesIn } from './listing.ts';
import { metadataInvalid, readJson } from './metadata-file.ts';
import type { InputFile } from './slide.ts';

/** What the panel and the matrix say of the features, by name. */
export interface XeniumPanel {
  /** Ensembl id or the like. */
  ids: Map<string, string>;
  /** `feature_type` of the matrix, such as `Gene Expression`. */
  types: Map<string, string>;
  inputs: InputFile[];
}

const MAX_FEATURES_BYTES = 1 << 26;

const panelSchema = z.looseObject({
  payload: z.looseObject({
    targets: z.array(
      z.looseObject({
        type: z.looseObject({ data: z.looseObject({ id: z.string().optional(), name: z.string() }) }),
      }),
    ),
  }),
});

/**
 * Reads feature ids and types from `gene_panel.json`, `cell_feature_matrix/features.tsv.gz` or `cell_feature_matrix.h5`,
 * as far as they are there. A file that is there but cannot be read is fatal (`METADATA_INVALID`, `CSV_INVALID`), since
 * it decides what is a gene.
 */
export async function readPanel(listing: Listing): Promise<XeniumPanel> {
  const panel: XeniumPanel = { ids: new Map(), types: new Map(), inputs: [] };
  await readMatrixFeatures(listing, panel);
  if (hasFile(listing, 'gene_panel.json')) {
    panel.inputs.push(await inputFile(listing.path, 'panel', 'gene_panel.json'));
    await readGenePanel(join(listing.path, 'gene_panel.json'), panel);
  }
  return panel;
}

async function readGenePanel(path: string, panel: XeniumPanel): Promise<void> {
  const parsed = panelSchema.safeParse(await readJson(path));
  if (!parsed.success) {
    const { path: key, message } = parsed.error.issues[0];
    throw metadataInvalid(
      path,
      `"${key.join('.')}" does not fit (${message})`,
      "a Xenium bundle's gene_panel.json",
    );
  }
  for (const { type } of parsed.data.payload.targets) {
    const { id, name } = type.data;
    if (id && id !== name) panel.ids.set(name, id);
  }
}

async function readMatrixFeatures(listing: Listing, panel: XeniumPanel): Promise<void> {
  const folder = 'cell_feature_matrix';
  if (listing.folders.includes(folder)) {
    const name = (await namesIn(join(listing.path, folder))).find((file) =>
      /^features\.tsv(\.gz)?$/.test(file),
    );
    if (name) {
      panel.inputs.push(await inputFile(listing.path, 'matrix', `${folder}/${name}`));
      return readFeaturesTsv(join(listing.path, folder, name), panel);
    }
  }
  if (hasFile(listing, `${folder}.h5`)) {
    panel.inputs.push(await inputFile(listing.path, 'matrix', `${folder}.h5`));
    await readFeaturesHdf5(join(listing.path, `${folder}.h5`), panel);
  }
}

/** Three columns without header: id, name, type. */
async function readFeaturesTsv(path: string, panel: XeniumPanel): Promise<void> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of fileBytes(path)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_FEATURES_BYTES)
      throw metadataInvalid(path, `more than ${MAX_FEATURES_BYTES} bytes`, 'a list of features');
  }
  for (const line of Buffer.concat(chunks).toString('utf8').split('\n')) {
    const [id, name, type] = line.trimEnd().split('\t');
    if (name) addFeature(panel, id, name, type ?? '');
  }
}

async function readFeaturesHdf5(path: string, panel: XeniumPanel): Promise<void> {
  // Loaded where it is needed: the library is large, and a folder of the matrix comes first.
  const { File, ready } = await import('h5wasm/node');
  const hdf5 = await ready;
  // By default the library prints its error stack and goes on; what follows is synchronous, so nobody else is affected.
  hdf5.activate_throwing_error_handler();
  let file: Hdf5File | null = null;
  try {
    file = new File(path, 'r');
    const [ids, names, types] = ['id', 'name', 'feature_type'].map((key) =>
      stringsAt(file!, `matrix/features/${key}`),
    );
    for (let i = 0; i < names.length; i++) addFeature(panel, ids[i], names[i], types[i]);
  } catch (cause) {
    throw metadataInvalid(
      path,
      `not a readable HDF5 matrix (${innermost(cause)})`,
      'a 10x feature matrix',
      cause,
    );
  } finally {
    file?.close();
    hdf5.deactivate_throwing_error_handler();
  }
}

/** The last line of HDF5's error stack that gives a reason; it is the one nearest the cause. */
function innermost(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return [...text.matchAll(/\(\): (.+)/g)].at(-1)?.[1] ?? text.split('\n')[0];
}

function stringsAt(file: Hdf5File, key: string): string[] {
  const item = file.get(key);
  const value = item && 'value' in item ? item.value : null;
  if (!Array.isArray(value)) throw new Error(`no strings at ${key}`);
  return value.map(String);
}

function addFeature(panel: XeniumPanel, id: string, name: string, type: string): void {
  if (type) panel.types.set(name, type);
  if (id && id !== name) panel.ids.set(name, id);
}
