import { readFile } from 'node:fs/promises';
import { ERROR_CODES, type ErrorClass, EXIT_CODES, SpatileError } from '@spatile/formats/errors';
import { describe, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = (path: string) => readFile(new URL(path, root), 'utf8');

describe('error codes', () => {
  test('formats/README.md and errors.ts list the same, with the same class and exit code', async () => {
    const rows = [
      ...(await text('formats/README.md')).matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (\d+) \| (.+) \|$/gm),
    ];
    const documented = Object.fromEntries(
      rows.map(([, code, kind, exit, meaning]) => [code, [kind, Number(exit), meaning]]),
    );
    const coded = Object.fromEntries(
      Object.entries(ERROR_CODES).map(([code, [kind, meaning]]) => [code, [kind, EXIT_CODES[kind], meaning]]),
    );
    expect(documented).toEqual(coded);
  });

  test('docs/command-line.md lists every exit code with its class', async () => {
    const rows = [...(await text('docs/command-line.md')).matchAll(/^\| (\d+) \| (\w+) \|/gm)];
    const documented = Object.fromEntries(rows.map(([, exit, kind]) => [kind, Number(exit)]));
    expect(documented).toEqual({ done: 0, ...EXIT_CODES });
  });

  test('no exit code means two things, and none is that of success or of a crash of Node.js', () => {
    const codes = Object.values(EXIT_CODES);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toBeGreaterThan(1);
  });

  test('an error carries the exit code of its class', () => {
    const kinds: [keyof typeof ERROR_CODES, ErrorClass][] = [
      ['COLUMN_MISSING', 'input'],
      ['DISK_FULL', 'resource'],
    ];
    for (const [code, kind] of kinds) expect(new SpatileError(code, 'x').exitCode).toBe(EXIT_CODES[kind]);
  });
});
