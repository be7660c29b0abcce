import { truncateSync } from 'node:fs';
import { StoredPieces } from '@spatile/coordinator/run/pieces';
import { RunStore } from '@spatile/coordinator/run/store';
import { encodeFrame, openPiece, type StoredPiece } from '@spatile/formats/tile/frame';
import { beforeEach, describe, expect, test } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';
import { sent } from '../../support/sent.ts';

const at = testFolder();
const NAME = 'results/assign/t0001.frame';
const inner = { kind: 'inner', meta: {}, tables: { t: { x: Float32Array.of(1, 2, 3) } } };
/** A header that does not lie in the first bytes that are read. */
const long = { note: 'x'.repeat(20_000) };
const bytes = encodeFrame({
  kind: 'outer',
  meta: long,
  tables: {},
  pieces: { a: encodeFrame(inner), b: new Uint8Array(100_000), c: encodeFrame(inner) },
});

describe('pieces of a stored result', () => {
  let folder = 0;
  let store: RunStore;
  const pieces = (): StoredPieces => new StoredPieces(store, 'outer');
  const refused = (what: string) => ({
    code: 'RUN_CORRUPT',
    message: expect.stringMatching(new RegExp(`^${NAME}: .*${what}`)),
  });
  beforeEach(async () => {
    store = new RunStore(at(`${folder++}.run`));
    await store.create();
    await store.put(NAME, bytes);
  });

  test('are read as they are, and named by their file', async () => {
    const stored: Record<string, StoredPiece> = {};
    expect(await pieces().add(stored, NAME, ['c', 'a'])).toEqual([`${NAME}#c`, `${NAME}#a`]);
    const frame = await sent(store, { kind: 'outer', meta: {}, tables: {}, stored });
    for (const name of Object.keys(stored)) expect(openPiece(frame, name, 'inner')).toEqual(inner);
    expect((await pieces().layout(NAME)).meta).toEqual(long);
  });

  test('that are not there are told of in one sentence', async () => {
    await expect(pieces().one(NAME, 'd')).rejects.toMatchObject(refused('piece d is missing'));
  });

  test.each([
    ['in its start', 20, 'not a spatile frame'],
    ['in its header', 18_000, 'truncated header'],
    ['in a piece', bytes.length - 64, 'a piece is truncated'],
  ])('of a file that was cut %s are not asked for', async (_, length, what) => {
    truncateSync(store.path(NAME), length);
    await expect(pieces().one(NAME, 'a')).rejects.toMatchObject(refused(what));
  });

  test('of a file whose header says that it has no end are not asked for', async () => {
    const other = bytes.slice();
    new DataView(other.buffer).setUint32(8, 0xfffffff0, true);
    await store.put(NAME, other);
    await expect(pieces().one(NAME, 'a')).rejects.toMatchObject(refused('truncated header'));
  });
});
