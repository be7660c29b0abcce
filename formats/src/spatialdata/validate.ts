import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../bundle/slide.ts';
import { isSpatileError } from '../errors.ts';
import { VERSIONS } from './metadata.ts';
import { nameProblem } from './names.ts';
import type { NodeJson } from './store.ts';
import { checkRaster } from './validate-raster.ts';
import { checkTableElement } from './validate-table.ts';
import { checkPoints, checkShapes } from './validate-vector.ts';

/**
 * Checks a store the way spatialdata's readers and models do (`models/models.py`, `_core/validation.py`, `_io/format.py`
 * of spatialdata 0.8) and by spatile's own rules. Used on every output and by the tests.
 */

/** What the checks of one element share. */
export interface StoreCheck {
  /** Folder of the store. */
  path: string;
  /** `zarr.json` of every node found on disk, by path. */
  nodes: ReadonlyMap<string, NodeJson>;
  /** Records one violation: a stable code and a sentence. */
  report: (code: string, message: string) => void;
  /** Ids of each shapes element, filled while they are checked; tables are checked afterwards. */
  shapeIds: Map<string, Set<string>>;
}

const ELEMENT_TYPES = ['images', 'labels', 'points', 'shapes', 'tables'] as const;

/**
 * Validates the SpatialData store at `path` and returns every violation (an empty list means valid). Reads all vector
 * elements and tables, but of images only the metadata and the names of chunks. Throws `INPUT_MISSING` without a store.
 */
export async function validateSpatialData(path: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const report = (code: string, message: string): void => {
    findings.push({ level: 'warning', code, message });
  };
  const nodes = new Map<string, NodeJson>();
  const strays: string[] = [];
  await collect(path, '', nodes, strays, report);
  const root = nodes.get('');
  if (root === undefined)
    return [...findings, { level: 'warning', code: 'STORE_ROOT', message: `${path} has no zarr.json` }];
  for (const stray of strays)
    report('STORE_STRAY_FILE', `${stray} belongs to no node; Zarr readers warn about it`);
  checkContainer(root, report);
  checkConsolidated(root, nodes, report);
  const check: StoreCheck = { path, nodes, report, shapeIds: new Map() };
  checkElementNames(nodes, report);
  for (const type of ELEMENT_TYPES) {
    for (const name of elementsOf(nodes, type)) await checkElement(check, type, name);
  }
  return findings;
}

function elementsOf(nodes: ReadonlyMap<string, NodeJson>, type: string): string[] {
  return [...nodes.keys()]
    .filter((name) => name.startsWith(`${type}/`) && name.split('/').length === 2)
    .sort();
}

async function checkElement(
  check: StoreCheck,
  type: (typeof ELEMENT_TYPES)[number],
  name: string,
): Promise<void> {
  try {
    if (type === 'images' || type === 'labels') await checkRaster(check, name, type === 'labels');
    else if (type === 'points') await checkPoints(check, name);
    else if (type === 'shapes') await checkShapes(check, name);
    else await checkTableElement(check, name);
  } catch (error) {
    // Files that cannot be read at all are one violation of the element, not the end of the check.
    if (!isSpatileError(error)) throw error;
    check.report('ELEMENT_UNREADABLE', `${name}: ${error.message}`);
  }
}

/** Walks the folders, keeping nodes; what is neither node, chunk nor Parquet of an element is a stray. */
async function collect(
  path: string,
  name: string,
  nodes: Map<string, NodeJson>,
  strays: string[],
  report: StoreCheck['report'],
): Promise<void> {
  const entries = await readdir(join(path, name), { withFileTypes: true }).catch(() => []);
  const own = entries.find((entry) => entry.name === 'zarr.json');
  if (own) {
    try {
      nodes.set(name, JSON.parse(await readFile(join(path, name, 'zarr.json'), 'utf8')) as NodeJson);
    } catch {
      report('STORE_JSON', `${name}/zarr.json is no JSON`);
      return;
    }
  } else if (name !== '') report('STORE_NODE', `${name} has no zarr.json`);
  const isArray = nodes.get(name)?.node_type === 'array';
  for (const entry of entries) {
    const member = name === '' ? entry.name : `${name}/${entry.name}`;
    if (entry === own || (isArray && entry.name === 'c')) continue;
    if (/^points\/[^/]+\/points\.parquet$/.test(member) || /^shapes\/[^/]+\/shapes\.parquet$/.test(member))
      continue;
    if (entry.isDirectory() && !isArray) await collect(path, member, nodes, strays, report);
    else strays.push(member);
  }
}

function checkContainer(root: NodeJson, report: StoreCheck['report']): void {
  const attributes = (root.attributes ?? {}) as { spatialdata_attrs?: { version?: unknown } };
  const version = attributes.spatialdata_attrs?.version;
  if (version !== VERSIONS.container)
    report('STORE_CONTAINER', `the container version is ${String(version)}, expected ${VERSIONS.container}`);
  if (root.zarr_format !== 3 || root.node_type !== 'group')
    report('STORE_ROOT', 'the root is no Zarr v3 group');
}

/** The consolidated block must list exactly the nodes on disk, with their content, parents before children. */
function checkConsolidated(
  root: NodeJson,
  nodes: ReadonlyMap<string, NodeJson>,
  report: StoreCheck['report'],
): void {
  const block = root.consolidated_metadata as
    | { kind?: unknown; must_understand?: unknown; metadata?: Record<string, NodeJson> }
    | undefined;
  if (block?.kind !== 'inline' || block.must_understand !== false || typeof block.metadata !== 'object') {
    report('STORE_CONSOLIDATED', 'the root has no inline consolidated metadata');
    return;
  }
  const listed = Object.keys(block.metadata);
  for (const name of nodes.keys()) {
    if (name !== '' && !(name in block.metadata))
      report('STORE_CONSOLIDATED', `${name} is on disk but not in the consolidated metadata`);
  }
  for (const [i, name] of listed.entries()) {
    const { consolidated_metadata: _, ...json } = block.metadata[name];
    if (!nodes.has(name))
      report('STORE_CONSOLIDATED', `${name} is in the consolidated metadata but not on disk`);
    else if (!isDeepStrictEqual(json, nodes.get(name)))
      report('STORE_CONSOLIDATED', `${name} differs from its consolidated copy`);
    const before = listed[i - 1];
    if (before !== undefined && !inOrder(before, name))
      report('STORE_CONSOLIDATED_ORDER', `${name} follows ${before}; siblings must be adjacent`);
  }
}

function inOrder(a: string, b: string): boolean {
  const depth = (name: string): number => name.split('/').length;
  return depth(a) < depth(b) || (depth(a) === depth(b) && a < b);
}

function checkElementNames(nodes: ReadonlyMap<string, NodeJson>, report: StoreCheck['report']): void {
  const seen = new Map<string, string>();
  for (const type of ELEMENT_TYPES) {
    for (const element of elementsOf(nodes, type)) {
      const name = element.slice(type.length + 1);
      const problem = nameProblem(name);
      if (problem !== null) report('ELEMENT_NAME', `${element}: the name ${problem}`);
      const other = seen.get(name.toLowerCase());
      if (other !== undefined)
        report('ELEMENT_NAME', `${element}: ${other} has the same name (ignoring case)`);
      seen.set(name.toLowerCase(), element);
    }
  }
}
