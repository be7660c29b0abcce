import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOCKS_FILE, BlockIndex } from '@spatile/coordinator/partition/block-index';
import { type PartitionManifest, partitionTranscripts } from '@spatile/coordinator/partition/partition';
import { partitionName, RegionReader } from '@spatile/coordinator/partition/regions';
import { OwnerGrid } from '@spatile/coordinator/plan/owner';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { openBlock } from '@spatile/formats/tile/rows';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sent } from '../../support/sent.ts';
import { littleBundle } from '../scan/little-bundle.ts';

const core = { x0: 0, y0: 0, x1: 64, y1: 64 };
const plan: TilePlan = {
  gridOriginUm: [0, 0],
  latticeUm: 16,
  extent: core,
  haloUm: 16,
  tiles: [{ id: 't0000', core, transcripts: 0, cells: 0, memoryBytes: 0 }],
};
const name = partitionName('t0000');
const points = Array.from({ length: 40 }, (_, i) => ({ x: i, y: 63 - i }));

let folder = '';
let store: RunStore;
let manifest: PartitionManifest;
let whole: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spatile-partition-'));
  store = new RunStore(folder);
  manifest = await partitionTranscripts(
    store,
    {
      bundle: littleBundle(points),
      rules: { minQv: null, dropInvalid: false, contains: null },
      plan,
      owner: new OwnerGrid(core, 16, [core]),
      featureIndex: Uint32Array.of(0),
      cellIndex: new Uint32Array(0),
    },
    () => {},
  );
  whole = Uint8Array.from(readFileSync(store.path(name)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function reader(bytes: Uint8Array): RegionReader {
  writeFileSync(store.path(name), bytes);
  const digests = manifest.tiles.map(({ sha256 }) => sha256);
  return new RegionReader(store, plan, digests, BlockIndex.decode(readFileSync(store.path(BLOCKS_FILE)), 1));
}

const read = (bytes: Uint8Array) => reader(bytes).partition(0);

/** The rows of all blocks, as whoever gets them as pieces opens them. */
async function forwarded(bytes: Uint8Array): Promise<number[]> {
  const blocks = reader(bytes).blocks(core);
  const frame = await sent(store, { kind: 'task', meta: {}, tables: {}, stored: blocks });
  return Object.keys(blocks)
    .flatMap((block) => [...openBlock(frame, block).row])
    .sort((a, b) => a - b);
}

const corrupt = (message: RegExp) => ({
  code: 'RUN_CORRUPT',
  message: expect.stringMatching(message),
});

/** Bytes between the parts of a frame say nothing and have no checksum. */
function insidePadding(at: number): boolean {
  const flipped = Uint8Array.from(whole);
  flipped[at] ^= 1;
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  const [a, b] = [whole, flipped].map((bytes) => Object.values(decodeFrame(bytes, null).pieces!));
  return a.every((piece, i) => same(piece, b[i]));
}

describe('a partition file', () => {
  it('is read back as it was written', async () => {
    expect([...(await read(whole)).x]).toEqual(points.map(({ x }) => x));
    expect(await forwarded(whole)).toEqual(points.map((_, row) => row));
  });

  it('is refused when any one bit is another, whole or in blocks', async () => {
    let padding = 0;
    for (let at = 0; at < whole.length; at += 97) {
      const flipped = Uint8Array.from(whole);
      flipped[at] ^= 1 << (at % 8);
      const refused = await read(flipped).then(
        () => null,
        (error) => error,
      );
      if (refused === null) {
        expect(insidePadding(at)).toBe(true);
        padding++;
      } else {
        expect(refused).toMatchObject(corrupt(/^(frame )?partition\/t0000\.frame[:,]/));
      }
      // What blocks do not touch they do not check.
      const rows = await forwarded(flipped).catch((error) => error);
      if (Array.isArray(rows)) expect(rows).toEqual(points.map((_, row) => row));
      else
        expect(rows).toMatchObject(
          corrupt(/partition\/t0000\.frame.*(checksum|another than it was sent with|not a spatile frame)/),
        );
    }
    expect(padding).toBeLessThan(whole.length / 97 / 4);
  });

  it('is refused when it ends early', async () => {
    for (const length of [0, 1, 8, whole.length >> 1, whole.length - 64]) {
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject(
        corrupt(/^partition\/t0000\.frame: /),
      );
      if (length < 64)
        await expect(forwarded(whole.subarray(0, length))).rejects.toMatchObject(corrupt(/ends early/));
    }
  });

  it('of another run is refused, though it is undamaged', async () => {
    const other = encodeFrame({ ...decodeFrame(whole, null), meta: { other: true } });
    await expect(read(other)).rejects.toMatchObject(corrupt(/its checksum differs/));
  });
});
