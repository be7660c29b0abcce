import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EarlyGroup, encodeEarlyGroup, readEarlyGroup } from '@spatile/coordinator/output/early-group';
import { EarlyWork, earlyGroups } from '@spatile/coordinator/output/early-points';
import { allocateColumns, type PartitionColumns } from '@spatile/coordinator/partition/columns';
import { encodeTile } from '@spatile/coordinator/partition/tile-file';
import { RunStore } from '@spatile/coordinator/run/store';
import { ThreadPool } from '@spatile/coordinator/threads/pool';
import {
  createSpatialData,
  type EarlyPoints,
  type PointCells,
  type PointsBatch,
} from '@spatile/formats/spatialdata/write';
import { frameDigest } from '@spatile/formats/tile/frame';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const TRANSCRIPTS = Uint32Array.of(130, 0, 45, 260);
const TOTAL = 435;
const GENES = 4;
const FEATURES = ['a', 'b', 'c', 'd', 'control'];
const core = { x0: 0, y0: 0, x1: 100, y1: 100 };

let folder = '';
let threads = new ThreadPool(0);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-early-'));
  threads = new ThreadPool(0);
});
afterEach(async () => {
  await threads.close();
  await rm(folder, { recursive: true, force: true });
});

function columnsOf(tile: number): PartitionColumns {
  const n = TRANSCRIPTS[tile];
  const columns = allocateColumns(n);
  for (let i = 0; i < n; i++) {
    const k = 1000 * tile + i;
    columns.row[i] = k;
    columns.x[i] = (k * 7919) % 100;
    columns.y[i] = (k * 104_729) % 100;
    columns.z[i] = k % 11;
    columns.feature[i] = (k * 31) % FEATURES.length;
    columns.qv[i] = 20 + (k % 20);
    columns.transcript_id[i] = 2n ** 63n + BigInt(k);
  }
  return columns;
}

/** A run directory with the partition of four tiles, and what a stage says of it. */
async function partitioned(hasZ: boolean) {
  const store = new RunStore(join(folder, 'out.run'));
  await mkdir(store.path('partition'), { recursive: true });
  const files: { name: string; sha256: string }[] = [];
  for (const tile of TRANSCRIPTS.keys()) {
    const name = `partition/${tile}.frame`;
    const { bytes } = encodeTile(columnsOf(tile), core, 20);
    await writeFile(store.path(name), bytes);
    files.push({ name, sha256: frameDigest(bytes) });
  }
  const slide = {
    features: { features: FEATURES.map((name) => ({ name })), genes: GENES },
    scan: { hasZ },
  };
  const regions = { fileOf: (tile: number) => files[tile] };
  return { store, stage: { slide, store, regions, transcripts: TRANSCRIPTS, threads } as never };
}

const cellsOf = (from: number, to: number): PointCells => ({
  cell: Uint32Array.from({ length: to - from }, (_, i) => ((from + i) * 13) % 3),
  probability: Float32Array.from({ length: to - from }, (_, i) => ((from + i) % 50) / 50),
});

/** What a writer is given: no more than the cells of the first `early` rows, everything of the others. */
async function* batches(
  early: number,
  hasZ: boolean,
  hasQv: boolean,
): AsyncGenerator<PointsBatch | PointCells> {
  for (let row = 0; row < early; row += 29) yield cellsOf(row, Math.min(early, row + 29));
  let first = 0;
  for (const tile of TRANSCRIPTS.keys()) {
    const from = Math.min(TRANSCRIPTS[tile], Math.max(0, early - first));
    const all = columnsOf(tile);
    const { x, y, z, feature, qv } = all;
    if (from < TRANSCRIPTS[tile])
      yield {
        ...{ x: x.subarray(from), y: y.subarray(from), z: hasZ ? z.subarray(from) : null },
        ...{ feature: feature.subarray(from), qv: hasQv ? qv.subarray(from) : null },
        transcriptId: all.transcript_id.subarray(from),
        isControl: Uint8Array.from(feature.subarray(from), (code) => (code >= GENES ? 1 : 0)),
        ...cellsOf(first + from, first + TRANSCRIPTS[tile]),
      };
    first += TRANSCRIPTS[tile];
  }
}

async function written(
  name: string,
  {
    hasZ,
    hasQv,
    early,
    cut = early?.rows ?? 0,
  }: { hasZ: boolean; hasQv: boolean; early: EarlyPoints | null; cut?: number },
): Promise<string> {
  const writer = await createSpatialData(join(folder, name), {
    ...{ attrs: {}, pixelSizeUm: null, micronsToGlobal: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
  });
  const spec = {
    features: FEATURES,
    cellIds: ['p', 'q'],
    hasZ,
    hasQv,
    rowsPerGroup: 100,
    rowsPerPart: 200,
    early,
  };
  try {
    await writer.points('transcripts', spec, batches(cut, hasZ, hasQv));
    return (await writer.finish()).digest;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

const rowsOf = (groups: readonly EarlyGroup[]): number => groups.reduce((sum, { rows }) => sum + rows, 0);

/** The folder in which the work on a run directory has its files. */
const folderOf = async (store: RunStore): Promise<string> =>
  (await readdir(store.directory)).find((name) => name.startsWith('early.tmp-')) ?? 'none';

/** Encodes and reads some row groups. */
async function early(groups: readonly EarlyGroup[]): Promise<EarlyPoints> {
  await mkdir(join(groups[0].directory, 'early'), { recursive: true });
  for (const group of groups) await encodeEarlyGroup(group);
  return {
    rows: rowsOf(groups),
    group: async (index) => {
      const { bytes, places } = await readEarlyGroup(groups[index]);
      return new Map(
        places.map(({ name, start, length, chunk }) => [
          name,
          { bytes: bytes.subarray(start, start + length), chunk },
        ]),
      );
    },
  };
}

describe('columns that are encoded before cells are known', () => {
  test.each([
    [true, true],
    [false, false],
  ])('give the bytes of a writer that has everything at once (z %s, quality %s)', async (hasZ, hasQv) => {
    const { stage } = await partitioned(hasZ);
    const groups = earlyGroups(stage, hasQv, 100, 'early');
    expect(groups.map(({ rows }) => rows)).toEqual([100, 100, 100, 100, 35]);
    expect(groups[1].parts.map(({ from, to }) => [from, to])).toEqual([
      [100, 130],
      [0, 45],
      [0, 25],
    ]);
    const digest = await written('late.zarr', { hasZ, hasQv, early: null });
    for (const count of [1, 3, 5]) {
      const some = await early(groups.slice(0, count));
      expect(await written(`early-${count}.zarr`, { hasZ, hasQv, early: some })).toBe(digest);
    }
  });

  test('a writer refuses batches that are cut elsewhere', async () => {
    const { stage } = await partitioned(true);
    const first = await early(earlyGroups(stage, true, 100, 'early').slice(0, 1));
    const settings = { hasZ: true, hasQv: true, early: first };
    await expect(written('a.zarr', { ...settings, cut: 70 })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('row 70'),
    });
    await expect(written('b.zarr', { ...settings, cut: 120 })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('cells only'),
    });
  });

  test('a damaged file of them is noticed', async () => {
    const { store, stage } = await partitioned(true);
    const [group] = earlyGroups(stage, true, TOTAL, 'early');
    await mkdir(store.path('early'));
    await encodeEarlyGroup(group);
    const bytes = await readFile(store.path(group.file));
    bytes[bytes.length - 100] ^= 1;
    await writeFile(store.path(group.file), bytes);
    const noticed = { code: 'RUN_CORRUPT', message: expect.stringContaining('go on with --resume') };
    await expect(readEarlyGroup(group)).rejects.toMatchObject(noticed);
    await rm(store.path(group.file));
    await expect(readEarlyGroup(group)).rejects.toMatchObject(noticed);
  });
});

/** Waits until the first row group has its file. */
const begun = (store: RunStore): Promise<void> =>
  expect
    .poll(async () => readdir(store.path(await folderOf(store))).catch(() => []), { timeout: 60_000 })
    .toHaveLength(1);

describe('the work on them', () => {
  test('does all that it may, and leaves nothing behind', async () => {
    const { store, stage } = await partitioned(true);
    const work = new EarlyWork(stage, true, async () => true);
    // It is asked to end when it is done: a row group that was begun is finished.
    await begun(store);
    const done = await work.end(60_000);
    expect(done?.rows).toBe(TOTAL);
    expect([...(await done!.group(0)).keys()]).toContain('transcript_id');
    await work.close();
    expect(await readdir(store.directory)).toEqual(['partition']);
  });

  test('is left alone by a process that has lost the run', async () => {
    const { store, stage } = await partitioned(true);
    const lost = new EarlyWork(stage, true, async () => false);
    await expect.poll(() => folderOf(store), { timeout: 60_000 }).not.toBe('none');
    await store.removeUnfinished('run.lock');
    const work = new EarlyWork(stage, true, async () => true);
    await begun(store);
    await lost.close();
    const done = await work.end(60_000);
    expect([...(await done!.group(0)).keys()]).toContain('x');
    await work.close();
    expect(await readdir(store.directory)).toEqual(['partition']);
  });

  test('is not waited for without end', async () => {
    const { store, stage } = await partitioned(true);
    const work = new EarlyWork(stage, true, () => new Promise(() => undefined));
    expect(await work.end(0)).toBeNull();
    await work.close();
    expect(await readdir(store.directory)).toEqual(['partition']);
  });

  test('does nothing where it may not, and stops where a file cannot be read', async () => {
    const { store, stage } = await partitioned(true);
    const none = new EarlyWork(stage, true, async () => false);
    expect(await none.end()).toBeNull();
    await none.close();
    await rm(store.path('partition/0.frame'));
    const broken = new EarlyWork(stage, true, async () => true);
    expect(await broken.end(60_000)).toBeNull();
    await broken.close();
  });
});
