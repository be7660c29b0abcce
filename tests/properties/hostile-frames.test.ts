import { createHash } from 'node:crypto';
import { SpatileError } from '@spatile/formats/errors';
import { decodeFrame, encodeFrame, type Frame, openPiece } from '@spatile/formats/tile/frame';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const HEADER_START = 44;
const inner: Frame = { kind: 'inner', meta: {}, tables: { t: { x: Float32Array.of(1, 2, 3) } } };
const outer: Frame = {
  kind: 'outer',
  meta: { n: 1 },
  tables: { t: { row: Uint32Array.of(7, 8) } },
  pieces: { frame: encodeFrame(inner), raw: Uint8Array.of(1, 2, 3, 4, 5) },
};
interface Place {
  offset: unknown;
  length: unknown;
  name: unknown;
}

/** A frame as somebody may make it who knows the format: another header, other bodies, and the checksum that goes with them. */
function forged(header: object, bodies: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const bodyStart = Math.ceil((HEADER_START + text.length) / 64) * 64;
  const bytes = new Uint8Array(bodyStart + bodies.length);
  bytes.set(encodeFrame(inner).subarray(0, 8));
  new DataView(bytes.buffer).setUint32(8, text.length, true);
  bytes.set(text, HEADER_START);
  bytes.set(bodies, bodyStart);
  const { tables } = header as { tables: { offset: number; length: number }[] };
  const ends = tables.map(({ offset, length }) => offset + Math.ceil(length / 64) * 64);
  const checked = bodyStart + ends.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0);
  const sum = createHash('sha256').update(bytes.subarray(HEADER_START, checked)).digest();
  bytes.set(sum, 12);
  return bytes;
}

const number = fc.oneof(
  fc.nat(2000),
  fc.constantFrom(-1, 0.5, 64, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300, null, '64'),
);
const change = fc.record({
  place: fc.constantFrom(0, 1),
  field: fc.constantFrom('offset', 'length', 'name', 'sha256'),
  value: fc.oneof(number, fc.constantFrom('t', 'frame', '__proto__', '')),
});

it('a frame whose pieces somebody made to deceive is taken apart or refused in one sentence, and takes no more memory than it has', () => {
  const honest = encodeFrame(outer);
  const length = new DataView(honest.buffer).getUint32(8, true);
  const header = JSON.parse(Buffer.from(honest.subarray(HEADER_START, HEADER_START + length)).toString());
  const bodies = honest.subarray(Math.ceil((HEADER_START + length) / 64) * 64);
  expect(decodeFrame(forged(header, bodies), 'outer')).toEqual(decodeFrame(honest, 'outer'));
  const raw = header.pieces[1].offset;
  const flips = fc.array(fc.tuple(fc.integer({ min: raw, max: bodies.length - 1 }), fc.nat(7)), {
    maxLength: 6,
  });
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), flips, (changes, bits) => {
      const other = structuredClone(header) as Record<string, Place[]>;
      for (const { place, field, value } of changes)
        (other.pieces[place] as unknown as Record<string, unknown>)[field] = value;
      const altered = bodies.slice();
      for (const [at, bit] of bits) altered[at] ^= 1 << bit;
      const bytes = forged(other, altered);
      try {
        const frame = decodeFrame(bytes, 'outer');
        taken++;
        const columns = Object.values(frame.tables).flatMap((table) => Object.values(table));
        const parts = [...columns, ...Object.values(frame.pieces ?? {})];
        for (const part of parts) expect(part.byteLength).toBeLessThanOrEqual(bytes.length);
        openPiece(frame, 'frame', 'inner');
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(SpatileError);
        expect((error as SpatileError).code).toBe('RUN_CORRUPT');
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(taken, refused)).toBeGreaterThan(20);
});
