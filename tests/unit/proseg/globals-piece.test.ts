import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import {
  GLOBALS_PIECE,
  globalsOfTask,
  globalsPiece,
  globalsTables,
  type ProsegGlobals,
} from '@spatile/formats/tile/proseg';
import { expect, it } from 'vitest';

const globals: ProsegGlobals = {
  theta: Float32Array.of(0.5, 0.25),
  r: Float64Array.of(1, 2),
  s: Float64Array.of(3, 4),
  pi: Float64Array.of(1),
  mu: Float64Array.of(5),
  sigma2: Float64Array.of(6),
  beta: Float32Array.of(7, 8, 9),
  kinds: Float32Array.of(1),
};
const task = (parts: Partial<Frame>): Frame =>
  decodeFrame(encodeFrame({ kind: 'task', meta: {}, tables: {}, ...parts }), 'task');

it('globals are the same from tables and from a piece', () => {
  expect(globalsOfTask(task({ tables: globalsTables(globals) }))).toEqual(globals);
  expect(globalsOfTask(task({ pieces: { [GLOBALS_PIECE]: globalsPiece(globals) } }))).toEqual(globals);
});

it('a damaged piece of globals is refused', () => {
  const piece = globalsPiece(globals);
  const column = Buffer.from(globals.beta.buffer);
  piece[Buffer.from(piece).indexOf(column)] ^= 1;
  expect(() => globalsOfTask(task({ pieces: { [GLOBALS_PIECE]: piece } }))).toThrow(/checksum/);
});
