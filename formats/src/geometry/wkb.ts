import { SpatileError } from '../errors.ts';

/**
 * Well-known binary (OGC 06-103r4) of polygons. A polygon is a list of closed rings, the outline first, then its holes.
 */

export type Polygon = Float64Array[];

const POLYGON = 3;
const MULTI_POLYGON = 6;
const COLLECTION = 7;
const HEADER_BYTES = 5;
/** Collections nest one level in real files; more is an attack on the stack. */
const MAX_DEPTH = 4;
/** Whether numbers of this machine begin with their lowest byte. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian WKB of polygons: one makes a Polygon, any other number a MultiPolygon. */
export function encodePolygonWkb(polygons: readonly Polygon[]): Uint8Array {
  const sizes = polygons.map((rings) =>
    rings.reduce((sum, ring) => sum + 4 + 8 * ring.length, HEADER_BYTES + 4),
  );
  const multi = polygons.length !== 1;
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, multi ? HEADER_BYTES + 4 : 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const header = (type: number, count: number): void => {
    view.setUint8(at, 1);
    view.setUint32(at + 1, type, true);
    view.setUint32(at + HEADER_BYTES, count, true);
    at += HEADER_BYTES + 4;
  };
  if (multi) header(MULTI_POLYGON, polygons.length);
  for (const rings of polygons) {
    header(POLYGON, rings.length);
    for (const ring of rings) {
      view.setUint32(at, ring.length / 2, true);
      at += 4;
      for (const value of ring) {
        view.setFloat64(at, value, true);
        at += 8;
      }
    }
  }
  return bytes;
}

/**
 * Polygons of a WKB or EWKB Polygon, MultiPolygon or collection of these, either byte order; z and m are dropped.
 * Errors: `GEOMETRY_INVALID` for other types, truncated bytes and counts that the bytes cannot hold.
 */
export function decodeWkb(bytes: Uint8Array): Polygon[] {
  const reader = new WkbReader(bytes);
  const polygons: Polygon[] = [];
  reader.geometry(polygons, 0);
  return polygons;
}

const invalid = (what: string): SpatileError =>
  new SpatileError(
    'GEOMETRY_INVALID',
    `WKB: ${what}; expected a Polygon or MultiPolygon; write the geometry again`,
  );

class WkbReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private little = true;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  geometry(out: Polygon[], depth: number): void {
    if (depth > MAX_DEPTH) throw invalid(`geometries nest deeper than ${MAX_DEPTH}`);
    this.need(HEADER_BYTES);
    const order = this.view.getUint8(this.at);
    if (order > 1) throw invalid(`byte order mark is ${order}, expected 0 or 1`);
    this.little = order === 1;
    this.at += 1;
    const code = this.uint32();
    // EWKB marks z, m and an SRID by high bits; ISO adds 1000 for z, 2000 for m, 3000 for both.
    const iso = Math.floor((code & 0x0fffffff) / 1000);
    const type = (code & 0x0fffffff) % 1000;
    const hasZ = (code & 0x80000000) !== 0 || iso === 1 || iso === 3;
    const hasM = (code & 0x40000000) !== 0 || iso === 2 || iso === 3;
    if (iso > 3) throw invalid(`geometry type is ${code}`);
    if ((code & 0x20000000) !== 0) this.uint32();
    if (type === POLYGON) {
      const rings = this.polygon(2 + Number(hasZ) + Number(hasM));
      if (rings.length > 0) out.push(rings);
      return;
    }
    if (type !== MULTI_POLYGON && type !== COLLECTION) throw invalid(`geometry type is ${code}`);
    const count = this.count(HEADER_BYTES);
    for (let i = 0; i < count; i++) this.geometry(out, depth + 1);
  }

  private polygon(dimensions: number): Polygon {
    const rings: Polygon = [];
    const count = this.count(4);
    for (let i = 0; i < count; i++) {
      const points = this.count(8 * dimensions);
      const ring = new Float64Array(2 * points);
      if (dimensions === 2 && this.little === IS_LITTLE_ENDIAN) {
        // As they lie in memory: reading polygons is much of what writing and checking an output takes.
        new Uint8Array(ring.buffer).set(this.bytes.subarray(this.at, this.at + 16 * points));
        this.at += 16 * points;
      } else this.readRing(ring, dimensions);
      if (points > 0) rings.push(ring);
    }
    return rings;
  }

  private readRing(ring: Float64Array, dimensions: number): void {
    for (let i = 0; i < ring.length; i += 2) {
      ring[i] = this.view.getFloat64(this.at, this.little);
      ring[i + 1] = this.view.getFloat64(this.at + 8, this.little);
      this.at += 8 * dimensions;
    }
  }

  /** A count of items that take at least `itemBytes` each: refused before anything is allocated for it. */
  private count(itemBytes: number): number {
    const count = this.uint32();
    if (count * itemBytes > this.view.byteLength - this.at) {
      throw invalid(`a count of ${count} does not fit the ${this.view.byteLength - this.at} bytes left`);
    }
    return count;
  }

  private uint32(): number {
    this.need(4);
    const value = this.view.getUint32(this.at, this.little);
    this.at += 4;
    return value;
  }

  private need(bytes: number): void {
    if (this.view.byteLength - this.at < bytes)
      throw invalid(`truncated after ${this.view.byteLength} bytes`);
  }
}
