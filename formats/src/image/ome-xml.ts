import { basename } from 'node:path';
import { XMLParser } from 'fast-xml-parser';

/** What spatile needs of an OME-XML block (Open Microscopy Environment, 2016-06 schema and its predecessors). */
export interface OmeImage {
  /** Channel names in order; null where a channel has none. */
  channels: (string | null)[];
  /** Microns per pixel of level 0; null when not stated or not a length. */
  physicalSizeUm: number | null;
  dimensionOrder: string;
  sizeC: number;
  sizeZ: number;
  /** Planes that lie in the file itself, by page; empty when the block does not list them. */
  planes: { page: number; channel: number; z: number }[];
}

const FORCED_ARRAYS = new Set(['Image', 'Channel', 'TiffData', 'Plane']);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  removeNSPrefix: true,
  // Needed for numeric character references: Bio-Formats writes the micro sign as `&#181;`.
  htmlEntities: true,
  isArray: (name: string) => FORCED_ARRAYS.has(name),
});

const MICRONS_PER = new Map([
  ['um', 1],
  ['micron', 1],
  ['nm', 1e-3],
  ['mm', 1e3],
  ['cm', 1e4],
  ['m', 1e6],
]);

/** Microns per unit. An unknown non-ASCII letter before `m` is a mis-encoded micro sign. */
function micronsPer(unit: string): number | null {
  return MICRONS_PER.get(unit) ?? (/^\P{ASCII}+m$/u.test(unit) ? 1 : null);
}

type Node = Record<string, unknown>;
const text = (node: Node | undefined, name: string): string | null => {
  const value = node?.[`@${name}`];
  return typeof value === 'string' ? value : null;
};
const count = (node: Node, name: string, otherwise: number): number => {
  const value = Number(text(node, name) ?? otherwise);
  return Number.isInteger(value) && value >= 0 ? value : otherwise;
};

/** Planes of the file `path`, from `TiffData`; those that name another file are left out. */
function ownPlanes(pixels: Node, rootUuid: string | null, path: string): OmeImage['planes'] {
  const blocks = (pixels.TiffData ?? []) as Node[];
  const name = basename(path);
  const planes: OmeImage['planes'] = [];
  for (const block of blocks) {
    const uuid = block.UUID as Node | string | undefined;
    if (uuid !== undefined) {
      const fileName = typeof uuid === 'string' ? null : text(uuid, 'FileName');
      const id = typeof uuid === 'string' ? uuid : String(uuid['#text'] ?? '');
      const own =
        fileName === null ? id === rootUuid : basename(fileName) === name || (id !== '' && id === rootUuid);
      if (!own) continue;
    }
    if (text(block, 'IFD') === null && blocks.length > 1) return [];
    const first = count(block, 'IFD', 0);
    const pages = count(block, 'PlaneCount', text(block, 'IFD') === null ? 0 : 1);
    const order = text(pixels, 'DimensionOrder') ?? 'XYZCT';
    const sizeC = count(pixels, 'SizeC', 1);
    const sizeZ = count(pixels, 'SizeZ', 1);
    const channelFirst = order.indexOf('C') < order.indexOf('Z');
    const start = channelFirst
      ? count(block, 'FirstZ', 0) * sizeC + count(block, 'FirstC', 0)
      : count(block, 'FirstC', 0) * sizeZ + count(block, 'FirstZ', 0);
    for (let i = 0; i < Math.min(pages, sizeC * sizeZ); i++) {
      const k = start + i;
      planes.push({
        page: first + i,
        channel: channelFirst ? k % sizeC : Math.floor(k / sizeZ),
        z: channelFirst ? Math.floor(k / sizeC) : k % sizeZ,
      });
    }
  }
  return planes;
}

/**
 * Reads the first image of an OME-XML block, or null when `xml` is something else (other tools keep JSON or free text in
 * the same tag). `path` is the file the block was found in: a multi-file set lists the planes of all its files.
 */
export function parseOmeXml(xml: string, path: string): OmeImage | null {
  const trimmed = xml.replace(/\0+$/, '').trim();
  if (!/<(\w+:)?OME[\s>]/.test(trimmed.slice(0, 4096))) return null;
  let root: Node | undefined;
  try {
    root = (parser.parse(trimmed) as Node).OME as Node | undefined;
  } catch {
    return null;
  }
  const pixels = ((root?.Image as Node[] | undefined)?.[0]?.Pixels ?? undefined) as Node | undefined;
  if (typeof pixels !== 'object') return null;
  const channels = ((pixels.Channel ?? []) as Node[]).map((channel) => text(channel, 'Name'));
  const size = Number(text(pixels, 'PhysicalSizeX') ?? Number.NaN);
  const scale = micronsPer(text(pixels, 'PhysicalSizeXUnit') ?? 'um');
  return {
    channels,
    physicalSizeUm: scale !== null && Number.isFinite(size) && size > 0 ? size * scale : null,
    dimensionOrder: text(pixels, 'DimensionOrder') ?? 'XYZCT',
    sizeC: count(pixels, 'SizeC', 1),
    sizeZ: count(pixels, 'SizeZ', 1),
    planes: ownPlanes(pixels, text(root, 'UUID'), path),
  };
}
