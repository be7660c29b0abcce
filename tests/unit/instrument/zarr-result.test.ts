import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import { readRunFacts } from '@spatile/instrument/judge/read/run-facts';
import { TableWriter } from '@spatile/instrument/simulate/table-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-judge-'));
afterAll(() => rmSync(folder, { recursive: true }));
const zarr = join(folder, 'a.zarr');
const points = join(zarr, 'points', 'transcripts', 'points.parquet');

function writePart(part: number, rows: [id: bigint, cell: string][]): void {
  const table = new TableWriter(join(points, `part.${part}.parquet`), {
    transcript_id: 'uint64',
    cell_id: 'string',
  });
  for (const [id, cell] of rows) {
    table.columns.transcript_id[table.at] = id;
    table.columns.cell_id[table.at] = cell;
    table.next();
  }
  table.finish();
}

beforeAll(() => {
  mkdirSync(points, { recursive: true });
  writePart(0, [
    [7n, 'b'],
    [2n ** 60n + 1n, ''],
  ]);
  writePart(10, [[11n, 'b']]);
  writePart(2, [
    [10n, 'a'],
    [9n, 'UNASSIGNED'],
  ]);
  const core = (x0: number | null, x1: number | null) => ({ id: 't', core: [x0, 0, x1, 50] });
  const spatile = { config: { input: { minQv: 12 } }, plan: { tiles: [core(null, 100), core(100, null)] } };
  writeFileSync(join(zarr, 'zarr.json'), JSON.stringify({ attributes: { spatile } }));
});

describe('a Zarr of spatile', () => {
  it('gives the verdicts of all parts in order, a cell keeping its number', async () => {
    const rows: [bigint, number][] = [];
    const result = await openResult(zarr);
    expect(result).toMatchObject({ program: 'spatile', name: 'a.zarr' });
    for await (const { length, transcriptId, cell } of result.assignments()) {
      for (let i = 0; i < length; i++) rows.push([transcriptId[i], cell[i]]);
    }
    expect(rows).toEqual([
      [7n, 1],
      [2n ** 60n + 1n, 0],
      [10n, 2],
      [9n, 0],
      [11n, 1],
    ]);
  });

  it('says which quality it took and where its tiles met; open edges have no end', async () => {
    expect(await readRunFacts(zarr)).toEqual({
      minQv: 12,
      cores: [
        { x0: Number.NEGATIVE_INFINITY, y0: 0, x1: 100, y1: 50 },
        { x0: 100, y0: 0, x1: Number.POSITIVE_INFINITY, y1: 50 },
      ],
    });
  });
});

it('takes a result without provenance as it is', async () => {
  expect(await readRunFacts(join(folder, 'nowhere'))).toEqual({});
  writeFileSync(join(folder, 'zarr.json'), '{"attributes": {}');
  expect(await readRunFacts(folder)).toEqual({});
});
