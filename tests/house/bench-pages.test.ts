import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BENCHES } from '../../bench/benches.ts';
import { filled } from '../../bench/pages.ts';
import { readResults } from '../../bench/results.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Benches whose results are stored; the others say in their pages what was measured. */
const stored = BENCHES.map((bench) => ({ ...bench, cases: readResults(`${root}bench/results`, bench.name) }));

describe('pages made from stored results (npm run bench -- tables writes them again)', () => {
  const pages = stored.flatMap(({ name, pages, cases }) =>
    cases.length === 0 ? [] : pages.map(({ page, render }) => ({ name, page, render, cases })),
  );

  it.each(pages)(
    '$page has the tables of $name as its results make them',
    ({ name, page, render, cases }) => {
      const text = readFileSync(`${root}${page}`, 'utf8');
      expect(filled(text, page, name, render(cases))).toBe(text);
    },
  );

  it.each(BENCHES)('the pages of $name have its markers', ({ name, pages }) => {
    for (const { page } of pages) {
      expect(existsSync(`${root}${page}`), page).toBe(true);
      expect(() => filled(readFileSync(`${root}${page}`, 'utf8'), page, name, '')).not.toThrow();
    }
  });
});

it('a page without the markers of a bench is refused', () => {
  expect(() => filled('text', 'page.md', 'compare', '')).toThrow(
    'page.md: the markers of compare are missing',
  );
  expect(filled('<!-- bench x -->\nold\n<!-- end of bench x -->', 'page.md', 'x', '$1 new')).toBe(
    '<!-- bench x -->\n\n$1 new\n\n<!-- end of bench x -->',
  );
});
