import { BlockEntries, BlockIndex } from '@spatile/coordinator/partition/block-index';
import { type Columns, decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { expect, test } from 'vitest';

const everywhere = { x0: 0, y0: 0, x1: 10, y1: 10 };

/** Blocks of 100 bytes, one after the other. */
function blocks(count: number): BlockEntries {
  const entries = new BlockEntries(count);
  entries.length.fill(100);
  entries.offset.set(Array.from({ length: count }, (_, b) => 100 * b));
  return entries;
}

/** The index of three tiles, changed, with a checksum that fits. */
function altered(
  change: (tables: Record<string, Columns>) => Record<string, Columns | undefined>,
): Uint8Array {
  const frame = decodeFrame(new BlockIndex([blocks(2), blocks(0), blocks(1)]).encode(), null);
  return encodeFrame({
    ...frame,
    tables: { ...frame.tables, ...change(frame.tables) } as typeof frame.tables,
  });
}

test('an index is read back as it was written, also of tiles without blocks', () => {
  const index = BlockIndex.decode(
    altered(() => ({})),
    3,
  );
  expect([0, 1, 2].map((tile) => index.meeting(tile, everywhere).map(({ offset }) => offset))).toEqual([
    [0, 100],
    [],
    [0],
  ]);
  const none = BlockIndex.decode(new BlockIndex([blocks(0), blocks(0)]).encode(), 2);
  expect(none.meeting(1, everywhere)).toEqual([]);
});

test.each([
  ['comes from a build that knew no digests', { digests: { check: new Uint32Array(3) } }, /lacks sha256/],
  ['has fewer digests', { digests: { sha256: new Uint8Array(95) } }, /95 bytes of digests; expected 32/],
  ['knows another number of tiles', { tiles: { first: Uint32Array.of(0, 3) } }, /1 tiles; expected the 3/],
  ['has tiles that overlap', { tiles: { first: Uint32Array.of(0, 2, 1, 3) } }, /its 3 blocks are not/],
  ['names blocks that it lacks', { tiles: { first: Uint32Array.of(0, 2, 2, 4) } }, /its 3 blocks are not/],
])('one that %s is refused in a sentence', (_, tables, what) => {
  expect(() =>
    BlockIndex.decode(
      altered(() => tables),
      3,
    ),
  ).toThrow(expect.objectContaining({ code: 'RUN_CORRUPT', message: expect.stringMatching(what) }));
});

test.each([
  [Float64Array.of(0, -64, 0), /block 1 begins at byte -64/],
  [Float64Array.of(0, 1, Number.NaN), /block 2 begins at byte NaN/],
  [Float64Array.of(2 ** 60, 0, 0), /block 0 begins at byte/],
  [BigInt64Array.of(0n, 1n, 2n), /offset is of another type/],
])('one whose blocks lie at %s is refused in a sentence', (offset, what) => {
  expect(() =>
    BlockIndex.decode(
      altered(({ blocks }) => ({ blocks: { ...blocks, offset } })),
      3,
    ),
  ).toThrow(expect.objectContaining({ code: 'RUN_CORRUPT', message: expect.stringMatching(what) }));
});
