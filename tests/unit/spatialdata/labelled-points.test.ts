import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { extendSpatialData } from '@spatile/formats/spatialdata/extend';
import type { LabelledBatch } from '@spatile/formats/spatialdata/labelled-points';
import { readNode } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CELL_IDS, CELLS, FEATURES, writeExampleStore } from './example-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-labels-'));
  await writeExampleStore(join(folder, 'source.zarr'), folder);
});
afterAll(() => rm(folder, { recursive: true }));

const batch = (first: number, n: number): LabelledBatch => ({
  x: Float32Array.from({ length: n }, (_, i) => first + i),
  y: new Float32Array(n),
  z: new Float32Array(n).fill(2),
  feature: Uint32Array.from({ length: n }, (_, i) => i % 2),
  transcriptId: BigUint64Array.from({ length: n }, (_, i) => BigInt(first + i)),
  cell: Uint32Array.from({ length: n }, (_, i) => (first + i) % CELLS),
  values: {
    factor: Uint32Array.from({ length: n }, (_, i) => i % 3),
    removed: Uint8Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0)),
  },
});

async function extended(name: string, batches: () => AsyncIterable<LabelledBatch>): Promise<string> {
  const output = join(folder, name);
  const shape = [CELLS, FEATURES.length - 1] as const;
  const columns = [
    { name: 'factor', kind: 'text', categories: ['f1', 'f2', 'f3'] },
    { name: 'removed', kind: 'bool' },
  ] as const;
  await extendSpatialData(
    join(folder, 'source.zarr'),
    output,
    'table',
    { obs: [], obsm: {}, layers: {}, uns: {}, shape },
    {},
    {
      elements: [{ name: 'transcripts_labels', hasZ: true, columns, batches }],
      features: FEATURES.slice(0, -1),
      cellIds: CELL_IDS,
    },
  );
  return output;
}

test('what a method says of transcripts is an element beside them, in the same frames', async () => {
  const output = await extended('labelled.zarr', async function* () {
    yield batch(0, 5);
    yield batch(5, 0);
    yield batch(5, 4);
  });
  expect(await validateSpatialData(output)).toEqual([]);
  const [own, other] = await Promise.all(
    ['transcripts_labels', 'transcripts'].map((name) => readNode(output, `points/${name}`)),
  );
  const frames = (node: { attributes?: unknown }) =>
    (node.attributes as { coordinateTransformations: unknown }).coordinateTransformations;
  expect(frames(own)).toEqual(frames(other));
  const file = await openParquet(join(output, 'points/transcripts_labels/points.parquet/part.0.parquet'));
  const texts = new TextTable();
  const cells = new TextTable();
  const said: string[] = [];
  const requests = [
    { name: 'transcript_id', as: 'uint64' },
    { name: 'factor', as: 'code', table: texts },
    { name: 'cell_id', as: 'code', table: cells },
  ] as const;
  for await (const { length, columns } of file.batches(requests, 100))
    for (let i = 0; i < length; i++)
      said.push(
        `${columns[0][i]} ${texts.names[Number(columns[1][i])]} ${cells.names[Number(columns[2][i])]}`,
      );
  expect(said).toEqual(
    [0, 1, 2, 3, 4, 0, 1, 2, 3].map((i, at) => `${at} f${(i % 3) + 1} ${CELL_IDS[at % CELLS]}`),
  );
});

test('no transcript: no element; a code without a category: a refusal, and nothing stays', async () => {
  const empty = await extended('empty.zarr', async function* () {});
  expect(existsSync(join(empty, 'points/transcripts_labels'))).toBe(false);
  const wrong = extended('wrong.zarr', async function* () {
    const { values, ...rest } = batch(0, 2);
    yield { ...rest, values: { ...values, factor: Uint32Array.of(0, 3) } };
  });
  await expect(wrong).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(existsSync(join(folder, 'wrong.zarr'))).toBe(false);
});
