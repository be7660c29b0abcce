import type { NodeJson } from './store.ts';

/** Zarr v3 and SpatialData metadata (container 0.2); see the tables of versions in the decision `zarr-writer`. */

export const VERSIONS = {
  container: '0.2',
  raster: '0.3',
  ngff: '0.5-dev-spatialdata',
  imageLabel: '0.5',
  shapes: '0.3',
  points: '0.2',
  table: '0.2',
};

/** Name and version written into Parquet footers and the root group. */
export const SOFTWARE = { library: 'spatile', version: '0.1.0' };

export type ZarrType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'string';

const NO_CONSOLIDATED = { kind: 'inline', must_understand: false, metadata: {} };

/** A group node. */
export function groupJson(attributes: NodeJson): NodeJson {
  return { attributes, zarr_format: 3, node_type: 'group' };
}

/** The root group with the metadata of every node below it (paths without leading slash, sorted by the caller). */
export function rootJson(attributes: NodeJson, nodes: [string, NodeJson][]): NodeJson {
  const metadata: NodeJson = {};
  for (const [name, json] of nodes) {
    metadata[name] = json.node_type === 'group' ? { ...json, consolidated_metadata: NO_CONSOLIDATED } : json;
  }
  return {
    attributes: {
      spatialdata_attrs: {
        version: VERSIONS.container,
        spatialdata_software_version: `spatile-${SOFTWARE.version}`,
      },
      ...attributes,
    },
    zarr_format: 3,
    node_type: 'group',
    consolidated_metadata: { kind: 'inline', must_understand: false, metadata },
  };
}

const ONE_BYTE = new Set<ZarrType>(['bool', 'int8', 'uint8']);

function bytesCodec(type: ZarrType): NodeJson {
  if (type === 'string') return { name: 'vlen-utf8', configuration: {} };
  if (ONE_BYTE.has(type)) return { name: 'bytes' };
  return { name: 'bytes', configuration: { endian: 'little' } };
}

/** An array node: C order, regular chunks under `c/`, zstd level 3, fill value 0 (or false, or the empty string). */
export function arrayJson(
  type: ZarrType,
  shape: number[],
  chunkShape: number[],
  attributes: NodeJson,
  dimensionNames?: string[],
): NodeJson {
  return {
    shape,
    data_type: type,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunkShape } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: type === 'string' ? '' : type === 'bool' ? false : 0,
    codecs: [bytesCodec(type), { name: 'zstd', configuration: { level: 3, checksum: false } }],
    attributes,
    ...(dimensionNames ? { dimension_names: dimensionNames } : {}),
    zarr_format: 3,
    node_type: 'array',
    storage_transformers: [],
  };
}
