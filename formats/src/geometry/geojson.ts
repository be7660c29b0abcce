import { Tokenizer, TokenParser } from '@streamparser/json';
import { fileBytes } from '../csv/bytes.ts';
import type { SpatileError } from '../errors.ts';
import type { Polygon } from './wkb.ts';

/** A Feature or a bare geometry as it stands in the file; nothing about it is checked yet. */
export type GeoJsonItem = Record<string, unknown>;

/** Geometry collections nest one level in real files. */
const MAX_DEPTH = 4;

/** Keeps integers that a double cannot hold as text: vendors use 18-digit cell ids. */
class ExactTokenizer extends Tokenizer {
  protected override parseNumber(text: string): number {
    const value = Number(text);
    if (Number.isSafeInteger(value) || !/^-?\d+$/.test(text)) return value;
    // The base class promises a number, and documents text as the way to keep what a number cannot hold.
    return text as unknown as number;
  }
}

/**
 * Features of a GeoJSON file one by one: members of a FeatureCollection, GeometryCollection or plain array, else the one
 * Feature or geometry that the file is. The file may be gzipped. Holds one chunk and one feature, never the file.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `CSV_INVALID` for a damaged gzip stream, and `invalid(what)` where the text
 * is no JSON.
 */
export async function* readGeoJson(
  path: string,
  invalid: (what: string) => SpatileError,
): AsyncGenerator<GeoJsonItem> {
  let parser: FeatureParser | null = null;
  for await (const chunk of fileBytes(path)) {
    parser ??= new FeatureParser(chunk, invalid);
    yield* parser.write(chunk);
  }
  if (parser === null) throw invalid('the file is empty');
  yield* parser.end();
}

/** Members of a file that is itself a Feature or a geometry. */
const ROOT_MEMBERS = ['type', 'id', 'cell', 'geometry', 'nucleusGeometry', 'properties', 'coordinates'];
const ITEMS = ['$.features.*', '$.geometries.*'];

/** Cuts JSON text into features as it comes. */
class FeatureParser {
  private readonly tokenizer = new ExactTokenizer();
  private readonly parser: TokenParser;
  private readonly invalid: (what: string) => SpatileError;
  private readonly root: GeoJsonItem = {};
  private ready: GeoJsonItem[] = [];

  /** The first chunk tells whether the file is a plain array. */
  constructor(first: Uint8Array, invalid: (what: string) => SpatileError) {
    this.invalid = invalid;
    // What is asked for is held until it is complete, so the list of all features must not be among it.
    const isArray = Buffer.from(first.buffer, first.byteOffset, Math.min(first.length, 1024))
      .toString()
      .trimStart()
      .startsWith('[');
    const paths = isArray ? ['$.*'] : [...ITEMS, ...ROOT_MEMBERS.map((name) => `$.${name}`)];
    this.parser = new TokenParser({ paths, keepStack: false });
    this.tokenizer.onToken = this.parser.write.bind(this.parser);
    this.parser.onValue = ({ value, key, stack }) => {
      if (stack.length === 1 && typeof key === 'string') this.root[key] = value;
      else if (typeof value === 'object' && value !== null) this.ready.push(value as unknown as GeoJsonItem);
    };
  }

  write(chunk: Uint8Array): GeoJsonItem[] {
    this.parse(() => this.tokenizer.write(chunk));
    const ready = this.ready;
    this.ready = [];
    return ready;
  }

  /** The item that the whole file is, if it is one. */
  end(): GeoJsonItem[] {
    if (!this.parser.isEnded) this.parse(() => this.tokenizer.end());
    if (!this.parser.isEnded) throw this.invalid('the text ends in the middle of a value');
    return this.root.type === 'Feature' || this.root.coordinates !== undefined ? [this.root] : [];
  }

  private parse(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw this.invalid(`not valid JSON (${cause instanceof Error ? cause.message : cause})`);
    }
  }
}

/**
 * Polygons of a GeoJSON geometry: Polygon, MultiPolygon or a collection of them; further ordinates than x and y are dropped.
 * Null for other types and for coordinates that are not nested as the type demands; values are not checked.
 */
export function geoJsonPolygons(geometry: unknown, depth = 0): Polygon[] | null {
  if (typeof geometry !== 'object' || geometry === null || depth > MAX_DEPTH) return null;
  const { type, coordinates, geometries } = geometry as Record<string, unknown>;
  if (type === 'Polygon') {
    const polygon = polygonOf(coordinates);
    return polygon === null ? null : [polygon];
  }
  const parts =
    type === 'MultiPolygon' && Array.isArray(coordinates)
      ? coordinates.map(polygonOf).map((polygon) => polygon && [polygon])
      : type === 'GeometryCollection' && Array.isArray(geometries)
        ? geometries.map((part) => geoJsonPolygons(part, depth + 1))
        : [null];
  return parts.includes(null) ? null : (parts as Polygon[][]).flat();
}

function polygonOf(coordinates: unknown): Polygon | null {
  if (!Array.isArray(coordinates)) return null;
  const rings: Polygon = [];
  for (const points of coordinates) {
    if (!Array.isArray(points)) return null;
    const ring = new Float64Array(2 * points.length);
    for (let i = 0; i < points.length; i++) {
      const point = points[i];
      if (!Array.isArray(point) || typeof point[0] !== 'number' || typeof point[1] !== 'number') return null;
      ring[2 * i] = point[0];
      ring[2 * i + 1] = point[1];
    }
    rings.push(ring);
  }
  return rings;
}
