import {
  DISCOVERIES_PIECE,
  type Discovered,
  discoveriesFrame,
  discoveriesIn,
} from '@spatile/formats/tile/baysor';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { expect, test } from 'vitest';

const discovered: Discovered = {
  seedX: Float64Array.of(1, 2),
  seedY: Float64Array.of(3, 4),
  transcripts: Uint32Array.of(5, 6),
};

const holding = (index: number): Frame => ({
  kind: 'task',
  meta: {},
  tables: {},
  pieces: {
    [DISCOVERIES_PIECE]: encodeFrame(
      discoveriesFrame(discovered, { index: Uint32Array.of(0, index), row: Uint32Array.of(7, 8) }),
    ),
  },
});

test('discoveries are read as they were written', () => {
  const found = discoveriesIn(holding(1), DISCOVERIES_PIECE);
  expect(found.discovered).toEqual(discovered);
  expect(found.shared.index).toEqual(Uint32Array.of(0, 1));
});

test('rows of a cell that was not discovered are refused in one sentence', () => {
  expect(() => discoveriesIn(holding(2), DISCOVERIES_PIECE)).toThrow(
    expect.objectContaining({
      code: 'RUN_CORRUPT',
      message: expect.stringMatching(
        /^discoveries: a transcript belongs to discovered cell 2 of 2; expected/,
      ),
    }),
  );
});
