import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadedEncoders } from '@spatile/coordinator/output/encoders';
import { ThreadPool } from '@spatile/coordinator/threads/pool';
import { ownEncoders } from '@spatile/formats/spatialdata/encoders';
import { createSpatialData, type PointsBatch } from '@spatile/formats/spatialdata/write';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const ROWS = 70_000;
let folder = '';
let threads = new ThreadPool(0);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-threads-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => threads.close());

function values(seed: number): Float32Array {
  return Float32Array.from({ length: ROWS }, (_, i) => Math.sqrt((i * 7919 + seed) % 10_007));
}

async function* batches(): AsyncGenerator<PointsBatch> {
  for (let k = 0; k < 4; k++) {
    yield {
      x: values(k),
      y: values(k + 10),
      z: null,
      feature: Int32Array.from({ length: ROWS }, (_, i) => i % 3),
      transcriptId: BigUint64Array.from({ length: ROWS }, (_, i) => BigInt(i * 31 + k)),
      qv: null,
      cell: Uint32Array.from({ length: ROWS }, (_, i) => (i + k) % 5),
      probability: values(k + 20),
      isControl: Uint8Array.from({ length: ROWS }, (_, i) => (i % 17 === 0 ? 1 : 0)),
    };
  }
}

async function write(name: string, size: number): Promise<string> {
  threads = new ThreadPool(size);
  const path = join(folder, name);
  const writer = await createSpatialData(path, {
    attrs: {},
    pixelSizeUm: null,
    micronsToGlobal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    encoders: threadedEncoders(threads),
  });
  const cellIds = ['a', 'b', 'c', 'd'];
  const spec = { features: ['f', 'g', 'h'], cellIds, hasZ: false, hasQv: false, rowsPerGroup: 100_000 };
  const data = Float32Array.from({ length: 40_000 }, (_, i) => 1 + ((i * 13) % 101));
  const indices = Int32Array.from(data, (_, i) => i % 10_000);
  const matrix = { indptr: Int32Array.of(0, 10_000, 20_000, 30_000, 40_000), indices, data };
  await Promise.all([
    writer.points('transcripts', spec, batches()),
    writer.table('table', {
      obsIndex: cellIds,
      obs: [{ name: 'area', kind: 'float64', values: Float64Array.of(1, 2, 3, 4) }],
      varIndex: Array.from({ length: 10_000 }, (_, i) => `g${i}`),
      var: [],
      x: matrix,
      layers: { expected: matrix, low: matrix },
      region: null,
    }),
  ]);
  const { digest } = await writer.finish();
  expect(await threads.run('validate', { path })).toEqual([]);
  return digest;
}

describe('threads of the coordinator', () => {
  test('a store has the same bytes with none, one and three of them', async () => {
    const digest = await write('none.zarr', 0);
    expect(await write('one.zarr', 1)).toBe(digest);
    expect(await write('three.zarr', 3)).toBe(digest);
  });

  test('many jobs at once all come back, each with its own result', async () => {
    threads = new ThreadPool(2);
    const pieces = Array.from({ length: 40 }, (_, i) => new Uint8Array(20_000 + i).fill(i));
    const expected = await Promise.all(pieces.map((bytes) => ownEncoders.compress(bytes)));
    const found = await Promise.all(pieces.map((bytes) => threads.run('compress', { bytes: bytes.slice() })));
    expect(found.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      expected.map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  });

  test('an error of a job comes out of its thread, and the thread goes on', async () => {
    for (const size of [0, 1]) {
      threads = new ThreadPool(size);
      const column = { name: 'n', kind: 'int64' } as const;
      const tooLarge = threads.run('column', { column, data: BigUint64Array.of(2n ** 63n) });
      await expect(tooLarge).rejects.toThrow('out of range');
      await expect(threads.run('validate', { path: join(folder, 'nowhere') })).resolves.toMatchObject([
        { code: 'STORE_ROOT' },
      ]);
      await threads.close();
    }
  });

  test('memory that moves with a job is gone here only where a thread took it', async () => {
    threads = new ThreadPool(1);
    const bytes = new Uint8Array(100_000).fill(7);
    await threads.run('compress', { bytes }, [bytes.buffer]);
    expect(bytes.length).toBe(0);
  });
});
