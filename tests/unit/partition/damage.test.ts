import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePartition } from '@spatile/coordinator/partition/columns';
import { type PartitionManifest, partitionTranscripts } from '@spatile/coordinator/partition/partition';
import { partitionName, RegionReader } from '@spatile/coordinator/partition/regions';
import { OwnerGrid } from '@spatile/coordinator/plan/owner';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

function read(bytes: Uint8Array) {
  writeFileSync(store.path(name), bytes);
  const digests = manifest.tiles.map(({ sha256 }) => sha256);
  return new RegionReader(store, plan, digests).partition(0);
}

const corrupt = (message: RegExp) => ({
  code: 'RUN_CORRUPT',
  message: expect.stringMatching(message),
});

describe('a partition file', () => {
  it('is read back as it was written', async () => {
    expect([...(await read(whole)).x]).toEqual(points.map(({ x }) => x));
  });

  it('is refused when any one bit is another', async () => {
    for (let at = 0; at < whole.length; at += 97) {
      const flipped = Uint8Array.from(whole);
      flipped[at] ^= 1 << (at % 8);
      await expect(read(flipped)).rejects.toMatchObject(corrupt(/^partition\/t0000\.arrow: [^.]*checksum/));
    }
  });

  it('is refused when it ends early', async () => {
    for (const length of [0, 1, 8, whole.length >> 1, whole.length - 1])
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject(corrupt(/checksum/));
  });

  it('without a digest of its own is refused in one sentence when Arrow cannot read it', () => {
    const sentence =
      /^t0000\.arrow: [^\n]+; expected the file as it was written; start again with --overwrite$/;
    const noise = Uint8Array.from({ length: 400 }, (_, i) => (i * 37) % 251);
    const badFooter = Uint8Array.from(whole);
    badFooter.fill(0xff, whole.length - 200, whole.length - 10);
    for (const bytes of [new Uint8Array(0), noise, whole.subarray(0, whole.length >> 1), badFooter]) {
      let error: unknown = null;
      try {
        decodePartition(bytes, 't0000.arrow');
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject(corrupt(sentence));
    }
  });
});
