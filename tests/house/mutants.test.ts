import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import mutants from '../mutants/mutants.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/cluster.md`, 'utf8');

describe('the ways in which scripts/test-mutants.mjs breaks the program', () => {
  test.each(mutants)('$name: changes what is there, and names a test that is there', ({ edits, test }) => {
    for (const { file, find, replace } of edits) {
      expect(readFileSync(`${root}${file}`, 'utf8').split(find), `${file}: ${find}`).toHaveLength(2);
      expect(replace).not.toBe(find);
    }
    expect(readFileSync(`${root}${test.file}`, 'utf8')).toContain(test.title);
  });

  test.each(mutants)('$name: is in the table of docs/cluster.md', ({ name, test }) => {
    expect(page).toMatch(new RegExp(`\\| ${name} \\|[^|]*\\| \`${test.file}\` \\|`));
  });
});
