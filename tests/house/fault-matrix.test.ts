import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAILPOINTS } from '@spatile/formats/failpoint';
import { describe, expect, test } from 'vitest';

/** Rows of the matrix, from F1 on. */
const ROWS = 28;
const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/cluster.md`, 'utf8');
const rows = [...page.matchAll(/^\| (F\d+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, row, fault, tests]) => ({
  row,
  fault,
  tests,
}));

/** Files with the titles that a cell names. */
function namedTests(cell: string): [string, string][] {
  return [...cell.matchAll(/`(tests\/[\w/.-]+\.test\.ts)`: ((?:"[^"]+"|[^`])+)/g)].flatMap(
    ([, file, titles]) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title]): [string, string] => [file, title]),
  );
}

/** Whether a file has a test of that title; what it says where it is skipped may follow. */
function hasTest(file: string, title: string): boolean {
  const text = existsSync(`${root}${file}`) ? readFileSync(`${root}${file}`, 'utf8') : '';
  const quoted = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\b(test|it)(\\.\\w+|\\([^\\n]*\\))*\\(\\s*['"\`]${quoted}['"\`$]`).test(text);
}

test.each(Object.keys(FAILPOINTS))('a test arms %s', (name) => {
  const files = readdirSync(`${root}tests`, { recursive: true }).map(String);
  const arming = files.filter((file) => /^(cluster|pipeline)\/.*\.ts$/.test(file));
  expect(arming.some((file) => readFileSync(`${root}tests/${file}`, 'utf8').includes(name))).toBe(true);
});

describe('the matrix of faults in docs/cluster.md', () => {
  test('has every row', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: ROWS }, (_, i) => `F${i + 1}`));
  });

  test.each(rows)('$row names tests that are there ($fault)', ({ tests }) => {
    const named = namedTests(tests);
    if (tests !== 'the same') expect(named).not.toEqual([]);
    for (const [file, title] of named) expect(hasTest(file, title), `${file}: ${title}`).toBe(true);
  });

  test('a test that is not there is noticed', () => {
    const [[file]] = namedTests(rows[0].tests);
    expect(hasTest(file, 'undisturbed, and leaves nothing on the broker')).toBe(true);
    expect(hasTest(file, 'undisturbed')).toBe(false);
    expect(hasTest('tests/cluster/none.test.ts', 'undisturbed')).toBe(false);
  });
});
