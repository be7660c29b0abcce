import { SpatileError } from '@spatile/formats/errors';
import { decodeBareColumns, encodeBareColumns } from '@spatile/formats/tile/bare-columns';
import { decodeFrame, encodeFrame, type Frame, frameDigest, openPiece } from '@spatile/formats/tile/frame';
import { describe, expect, test } from 'vitest';

const inner: Frame = { kind: 'inner', meta: { n: 3 }, tables: { t: { x: Float32Array.of(1, 2, 3) } } };
const plain: Frame = { kind: 'outer', meta: {}, tables: { t: { row: Uint32Array.of(7, 8) } } };
const carrying = (): Frame => ({
  ...plain,
  pieces: { frame: encodeFrame(inner), raw: Uint8Array.of(1, 2, 3, 4, 5), none: new Uint8Array(0) },
});

/** Flips one bit of the first place at which `wanted` lies in `bytes`, from its entry `at` on. */
function damaged(bytes: Uint8Array, wanted: Uint8Array, at: number): Uint8Array {
  const from = Buffer.from(bytes).indexOf(wanted);
  expect(from).toBeGreaterThan(0);
  const out = bytes.slice();
  out[from + at] ^= 1;
  return out;
}

describe('a frame', () => {
  test('comes back as it was', () => {
    const back = decodeFrame(encodeFrame(plain), 'outer');
    expect(back).toEqual(plain);
  });

  test('of whose tables, header or length something is lost is not taken', () => {
    const bytes = encodeFrame(plain);
    for (let at = 8; at < bytes.length; at += 13) {
      const other = bytes.slice();
      other[at] ^= 4;
      expect(() => decodeFrame(other, 'outer'), `byte ${at}`).toThrow(SpatileError);
    }
    for (const end of [0, 20, 60, bytes.length - 1])
      expect(() => decodeFrame(bytes.subarray(0, end), 'outer')).toThrow(SpatileError);
  });
});

describe('bare columns', () => {
  const columns = {
    a: Float32Array.of(1.5, -2),
    b: BigUint64Array.of(1n, 2n ** 63n),
    c: Uint8Array.of(7, 255),
    'd d': Int16Array.of(-1, 3),
  };
  const bare: Frame = { kind: 'bare', meta: {}, tables: { t: columns, none: { x: new Float64Array(0) } } };

  test('come back as they were, also from bytes that are not aligned', () => {
    const bytes = encodeFrame({ ...bare, bare: true });
    expect(Buffer.from(bytes).includes('ARROW1')).toBe(false);
    expect(decodeFrame(bytes, 'bare')).toEqual(bare);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeFrame(shifted.subarray(3), 'bare')).toEqual(bare);
    expect(decodeFrame(Buffer.from(shifted.buffer, 3), 'bare')).toEqual(bare);
  });

  test('that are described as what they are not are refused', () => {
    const encoded = encodeBareColumns(columns);
    const text = Buffer.from(encoded).toString('latin1');
    const changed = (from: string, to: string): Uint8Array => Buffer.from(text.replace(from, to), 'latin1');
    expect(decodeBareColumns(encoded)).toEqual(columns);
    for (const [from, to] of [
      ['"BigUint64Array",2', '"BigUint64Array",9'],
      ['"Float32Array"', '"__proto__"   '],
      ['"Uint8Array",2', '"Uint8Array",-'],
      ['[[', '{{'],
    ])
      expect(decodeBareColumns(changed(from, to)), to).toBeNull();
    expect(decodeBareColumns(encoded.subarray(0, encoded.length - 128))).toBeNull();
  });
});

describe('pieces of a frame', () => {
  test('ride along byte by byte, and change no byte of a frame without any', () => {
    const back = decodeFrame(encodeFrame(carrying()), 'outer');
    expect(back.tables).toEqual(plain.tables);
    expect(Object.keys(back.pieces!)).toEqual(['frame', 'raw', 'none']);
    expect(back.pieces!.raw).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    expect(openPiece(back, 'frame', 'inner')).toEqual(inner);
    expect(encodeFrame({ ...plain, pieces: {} })).toEqual(encodeFrame(plain));
  });

  test('make another digest when one of them differs', () => {
    const other = carrying();
    other.pieces!.raw = Uint8Array.of(1, 2, 3, 4, 6);
    expect(frameDigest(encodeFrame(other))).not.toBe(frameDigest(encodeFrame(carrying())));
    const next = carrying();
    next.pieces!.frame = encodeFrame({ ...inner, meta: { n: 4 } });
    expect(frameDigest(encodeFrame(next))).not.toBe(frameDigest(encodeFrame(carrying())));
  });

  test('that were damaged are found: other bytes when the frame is read, a frame when it is opened', () => {
    const bytes = encodeFrame(carrying());
    expect(() => decodeFrame(damaged(bytes, Uint8Array.of(1, 2, 3, 4, 5), 2), 'outer')).toThrow(/piece raw/);
    const read = decodeFrame(damaged(bytes, encodeFrame(inner), 60), 'outer');
    expect(() => openPiece(read, 'frame', 'inner')).toThrow(/checksum/);
    expect(() => decodeFrame(bytes.subarray(0, bytes.length - 1), 'outer')).toThrow(/truncated/);
    expect(() => decodeFrame(bytes.subarray(0, bytes.length - 200), 'outer')).toThrow(/truncated/);
    expect(() => openPiece(decodeFrame(bytes, 'outer'), 'absent', 'inner')).toThrow(
      /piece absent is missing/,
    );
  });
});
