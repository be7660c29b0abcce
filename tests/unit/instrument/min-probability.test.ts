import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-sure-'));
afterAll(() => rmSync(folder, { recursive: true }));

function table(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function cellsOf(path: string, minProbability?: number): Promise<number[]> {
  const result = await openResult(path, { minProbability });
  const cells: number[] = [];
  for await (const { cell } of result.assignments()) cells.push(...cell);
  return cells;
}

describe('a least probability', () => {
  const sure = table('sure.csv', [
    'transcript_id,cell_id,probability',
    '1,a,0.95',
    '2,a,0.5',
    '3,b,0.49',
    '4,b,',
    '5,,0.9',
  ]);

  it('takes less sure transcripts for background, and those that do not say', async () => {
    expect(await cellsOf(sure, 0.5)).toEqual([1, 1, 0, 0, 0]);
    expect(await cellsOf(sure, 0.9)).toEqual([1, 0, 0, 0, 0]);
  });

  it('changes nothing where it is not given', async () => {
    expect(await cellsOf(sure)).toEqual([1, 1, 2, 2, 0]);
  });

  it('needs a result that says how sure it is', async () => {
    const blind = table('blind.csv', ['transcript_id,cell_id', '1,a']);
    await expect(cellsOf(blind, 0.5)).rejects.toMatchObject({ code: 'COLUMN_MISSING' });
    expect(await cellsOf(blind)).toEqual([1]);
  });
});
