import { FramePayload } from '@spatile/coordinator/run/frame-payload';
import { RunStore } from '@spatile/coordinator/run/store';
import { encodeFrame, type Frame, frameLayout, type StoredPiece } from '@spatile/formats/tile/frame';
import { wholeOf } from '@spatile/proto/payload';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';

const at = testFolder();
const FILES = ['results/a.frame', 'results/b.frame'];
const SIZES = [0, 1, 63, 64, 65, 500, 128, 7, 300, 0, 64, 200];
/** Files of pieces, as results are. */
const contents = [1, 2].map((salt) =>
  encodeFrame({
    ...{ kind: 'stored', meta: {}, tables: {} },
    pieces: Object.fromEntries(
      SIZES.map((size, p) => [
        `${p}`,
        Uint8Array.from({ length: size }, (_, i) => (i * 7919 * salt + p) >> 3),
      ]),
    ),
  }),
);
const layouts = contents.map((bytes) => frameLayout(bytes, bytes.length, 'stored', 'stored')!);
let store: RunStore;

beforeAll(async () => {
  store = new RunStore(at('payload.run'));
  await store.create();
  for (const [f, name] of FILES.entries()) await store.put(name, contents[f]);
});

/** Runs of neighbours, from both files. */
const places = fc
  .array(fc.record({ f: fc.nat(1), first: fc.nat(SIZES.length - 1), count: fc.nat(4) }), { maxLength: 5 })
  .map((runs) =>
    runs.flatMap(({ f, first, count }) =>
      SIZES.slice(first, first + count).map((_, p) => ({ f, p: first + p })),
    ),
  );

test('a frame is sent as it would be encoded with its pieces read, in whatever stretches it is read', async () => {
  await fc.assert(
    fc.asyncProperty(places, fc.integer({ min: 1, max: 700 }), async (wanted, step) => {
      const pieces: Record<string, Uint8Array> = { own: Uint8Array.of(1, 2, 3) };
      const stored: Record<string, StoredPiece> = {};
      wanted.forEach(({ f, p }, k) => {
        const place = layouts[f].pieces.get(`${p}`)!;
        pieces[`p${k}`] = contents[f].subarray(place.start, place.start + place.length);
        stored[`p${k}`] = { file: FILES[f], ...place };
      });
      const tables = { t: { x: Float32Array.of(1, 2) } };
      const frame: Frame = { kind: 'k', meta: { note: 'n' }, tables, pieces: { own: pieces.own }, stored };
      const expected = encodeFrame({ kind: 'k', meta: { note: 'n' }, tables, pieces });
      expect(Buffer.compare(await wholeOf(new FramePayload(store, frame)), expected)).toBe(0);
      const payload = new FramePayload(store, frame);
      const read = new Uint8Array(payload.length).fill(255);
      for (let k = 0; k < read.length; k += step) await payload.read(read.subarray(k, k + step), k);
      // From a place before the last one, as after a break.
      await payload.read(read.subarray(0, 70), 0);
      expect(Buffer.compare(read, expected)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('what is read counts once for each file, in however many pieces it is sent', async () => {
  const [first, second] = layouts.map(({ pieces }) => pieces.get('5')!);
  const stored = {
    a: { file: FILES[0], ...first },
    b: { file: FILES[1], ...second },
    c: { file: FILES[0], ...layouts[0].pieces.get('11')! },
  };
  const counted = async (step: number) => {
    const counting = new RunStore(store.directory);
    const payload = new FramePayload(counting, { kind: 'k', meta: {}, tables: {}, stored });
    for (let at = 0; at < payload.length; at += step)
      await payload.read(new Uint8Array(Math.min(step, payload.length - at)), at);
    counting.closeFiles();
    return counting.traffic().results;
  };
  const once = { filesRead: 2, bytesRead: 1200, filesWritten: 0, bytesWritten: 0 };
  for (const step of [7, 100, 10_000]) expect(await counted(step)).toEqual(once);
});

test('a frame that another process sends must have no piece in a file', () => {
  const stored = { p: { file: FILES[0], start: 0, length: 1, sha256: '' } };
  expect(() => encodeFrame({ kind: 'k', meta: {}, tables: {}, stored })).toThrow(/a piece lies in results/);
});

test.each([
  ['missing', { file: 'results/c.frame', start: 0, length: 10 }, /^results\/c\.frame: missing/],
  [
    'cut off',
    { file: FILES[0], start: contents[0].length - 10, length: 11 },
    /^results\/a\.frame: ends early/,
  ],
])('a file that is %s is told of in one sentence', async (_, piece, what) => {
  const frame = { kind: 'k', meta: {}, tables: {}, stored: { p: { ...piece, sha256: '' } } };
  await expect(wholeOf(new FramePayload(store, frame))).rejects.toMatchObject({
    code: 'RUN_CORRUPT',
    message: expect.stringMatching(what),
  });
});
