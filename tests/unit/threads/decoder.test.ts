import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanTranscripts } from '@spatile/coordinator/scan/scan';
import { threadedDecoder } from '@spatile/coordinator/threads/decoder';
import { ThreadPool } from '@spatile/coordinator/threads/pool';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROWS = 300_000;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-decoder-'));
  const of = <T>(value: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => value(i));
  const columnData = [
    { name: 'x', data: of((i) => (i * 7919) % 500), type: 'FLOAT' as const },
    { name: 'y', data: of((i) => (i * 104_729) % 300), type: 'FLOAT' as const },
    {
      name: 'feature_name',
      data: of((i) => `gene-${(i * 31) % (i < 150_000 ? 40 : 60)}`),
      type: 'STRING' as const,
    },
    { name: 'cell_id', data: of((i) => (i % 3 === 0 ? '' : `c${(i * 13) % 997}`)), type: 'STRING' as const },
  ];
  const bytes = parquetWriteBuffer({ columnData, rowGroupSize: 40_000 });
  await writeFile(join(folder, 'table.parquet'), new Uint8Array(bytes));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('transcripts that are decoded in threads', () => {
  test('are scanned as those decoded in place', async () => {
    const { input } = defaultConfig();
    const columns = { ...input.columns, x: 'x', y: 'y', feature: 'feature_name', cell: 'cell_id' };
    const scans = [];
    for (const size of [0, 1, 3]) {
      const threads = new ThreadPool(size);
      const bundle = await openBundle(join(folder, 'table.parquet'), {
        ...input,
        platform: 'table',
        columns,
      });
      const rules = { minQv: null, dropInvalid: false, contains: null };
      const seen: number[] = [];
      const scan = await scanTranscripts(
        bundle,
        rules,
        8,
        (rows) => seen.push(rows),
        threadedDecoder(threads),
      );
      await threads.close();
      expect(seen.at(-1)).toBe(ROWS);
      scans.push(scan);
    }
    expect(scans[0].features).toHaveLength(60);
    expect(scans[1]).toEqual(scans[0]);
    expect(scans[2]).toEqual(scans[0]);
  });
});
