import { MOST_PAYLOAD_BYTES, PayloadReader, PIECE_BYTES, pieces } from '@spatile/proto/transfer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

type Piece = Parameters<PayloadReader['accept']>[0];

/** As they come out of the wire. */
const sent = (payload: Uint8Array, offset = 0): Piece[] =>
  [...pieces(payload, offset)].map(({ header, offset: at, data, crc32 }) => ({
    header: (header ?? null) as Piece['header'],
    offset: Number(at),
    data: Buffer.from(data as Uint8Array),
    crc32: crc32!,
  }));

const received = (parts: Piece[]): Uint8Array => {
  const reader = new PayloadReader('test');
  for (const piece of parts) reader.accept(piece);
  return reader.finish().bytes;
};

const large = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 7919) >> 3);

describe('a payload in pieces', () => {
  test.each([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17])(
    'of %i bytes arrives',
    (bytes) => {
      const payload = large(bytes);
      expect(Buffer.compare(received(sent(payload)), payload)).toBe(0);
    },
  );

  test('goes on where it broke', () => {
    const payload = large(3 * PIECE_BYTES);
    const reader = new PayloadReader('test');
    for (const piece of sent(payload).slice(0, 2)) reader.accept(piece);
    expect(reader.received).toBe(2 * PIECE_BYTES);
    for (const piece of sent(payload, reader.received)) reader.accept(piece);
    expect(Buffer.compare(reader.finish().bytes, payload)).toBe(0);
  });

  test('that was all there when it broke needs only its checksum again', () => {
    const payload = large(PIECE_BYTES + 3);
    const reader = new PayloadReader('test');
    for (const piece of sent(payload)) reader.accept(piece);
    const [last, ...more] = sent(payload, reader.received);
    expect([last.data.length, more]).toEqual([0, []]);
    reader.accept(last);
    expect(Buffer.compare(reader.finish().bytes, payload)).toBe(0);
  });

  test('is refused when its second half is of another of the same size', () => {
    const [payload, other] = [large(2 * PIECE_BYTES), large(2 * PIECE_BYTES).reverse()];
    expect(() => received([sent(payload)[0], ...sent(other, PIECE_BYTES)])).toThrow(/wrong checksum/);
  });

  test('is refused when any bit of it is another', () => {
    const payload = large(2000);
    fc.assert(
      fc.property(fc.nat(1999), fc.nat(7), (at, bit) => {
        const [piece] = sent(payload);
        piece.data[at] ^= 1 << bit;
        expect(() => received([piece])).toThrow(/damaged on the way \(wrong checksum/);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, (parts: Piece[]) => Piece[], RegExp]>([
    ['short', (parts) => parts.slice(0, -1), /ended after/],
    ['out of order', ([a, b, c]) => [a, c, b], /a piece at byte/],
    ['without a header', ([a, ...rest]) => [{ ...a, header: null }, ...rest], /no header/],
    [
      'longer than promised',
      ([a, ...rest]) => [{ ...a, header: { ...a.header!, totalBytes: 10 } }, ...rest],
      /where 10 were promised/,
    ],
    [
      'too large to be held',
      ([a]) => [{ ...a, header: { ...a.header!, totalBytes: MOST_PAYLOAD_BYTES + 1 } }],
      /at most/,
    ],
    [
      'of a size that is no number',
      ([a]) => [{ ...a, header: { ...a.header!, totalBytes: Number.NaN } }],
      /NaN bytes promised/,
    ],
  ])('is refused when it is %s', (_, change, message) => {
    expect(() => received(change(sent(large(2 * PIECE_BYTES + 5))))).toThrow(message);
  });

  test('is refused when it is taken up as another one', () => {
    const reader = new PayloadReader('test');
    reader.accept(sent(large(2 * PIECE_BYTES))[0]);
    expect(() => reader.accept(sent(large(2 * PIECE_BYTES + 1), PIECE_BYTES)[0])).toThrow(/another payload/);
  });
});
