import { readFile } from 'node:fs/promises';
import { configReference } from '@spatile/formats/config/reference';
import { expect, test } from 'vitest';

test('docs/configuration.md is what the schema says (npm run docs)', async () => {
  const page = new URL('../../docs/configuration.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(configReference());
});
