import { decodeArrow } from '@spatile/formats/tile/arrow-columns';
import { decodeBareColumns, encodeBareColumns } from '@spatile/formats/tile/bare-columns';
import type { Columns } from '@spatile/formats/tile/frame';
import { makeTable, tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const arrow = (columns: Columns): Uint8Array =>
  tableToIPC(makeTable(columns as Record<string, Int8Array>), 'file');
const TYPES = [
  ...[Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, BigInt64Array],
  ...[Uint8Array, Uint16Array, Uint32Array, BigUint64Array],
];
const allTypes = (n: number): Columns =>
  Object.fromEntries(TYPES.map((type) => [`of ${type.name}`, new type(new ArrayBuffer(n * 8), 0, n)]));
const WAYS = [
  { name: 'Arrow', encode: arrow, decode: decodeArrow },
  { name: 'bare columns', encode: encodeBareColumns, decode: decodeBareColumns },
];

describe.each(WAYS)('a table of $name', ({ encode, decode }) => {
  it('comes back as it was, whatever its types, length and place in memory', () => {
    const some = {
      a: Float32Array.of(1.5, -0),
      b: BigUint64Array.of(2n ** 64n - 1n, 0n),
      'c d': Int16Array.of(-1, 7),
    };
    for (const columns of [
      some,
      {},
      allTypes(0),
      allTypes(1),
      allTypes(13),
      { é: new Float64Array(70_000).fill(0.1) },
    ]) {
      const bytes = encode(columns);
      expect(decode(bytes)).toEqual(columns);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      expect(decode(shifted.subarray(3))).toEqual(columns);
      expect(decode(Buffer.from(shifted.buffer, 3))).toEqual(columns);
    }
  });

  it('that somebody changed is read or refused, soon, and takes no more memory than there are bytes', () => {
    const honest = encode({
      row: Uint32Array.of(5, 6, 7, 8),
      x: Float32Array.of(1, 2, 3, 4),
      n: BigInt64Array.of(1n, 2n, 3n, 4n),
    });
    const words = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];
    const change = fc.tuple(
      fc.nat(honest.length - 4),
      fc.constantFrom(1, 2, 4),
      fc.oneof(fc.nat(0xffff_ffff), fc.nat(300), fc.constantFrom(...words)),
    );
    let [read, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = honest.slice();
        for (const [at, width, value] of changes)
          Buffer.from(bytes.buffer).writeUIntLE(value % 256 ** width, at, width);
        const columns = decode(bytes);
        if (columns === null) refused++;
        else {
          read++;
          const held = Object.values(columns).reduce((sum, { byteLength }) => sum + byteLength, 0);
          expect(held).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(read, refused)).toBeGreaterThan(100);
  });

  it('that was cut is refused', () => {
    const honest = encode(allTypes(5));
    for (let end = 0; end < honest.length - 64; end += 7)
      expect(decode(honest.subarray(0, end)), `${end}`).toBeNull();
  });
});

it('a table of Arrow is one to other readers too, and what others may write is refused', () => {
  const columns = { a: Uint32Array.of(1, 2), b: Float64Array.of(3, 4) };
  const read = tableFromIPC(arrow(columns));
  expect(read.getChild('b')!.toArray()).toEqual(columns.b);
  for (const values of [
    [true, false],
    ['text', 'more'],
    [1.5, null],
    [[1], [2]],
  ])
    expect(decodeArrow(tableToIPC(tableFromArrays({ values }), 'file')), `${values}`).toBeNull();
});
