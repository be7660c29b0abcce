import { configFields } from '@spatile/formats/config/fields';
import { PATH_SETTINGS, pathsNamed, withPaths } from '@spatile/formats/config/paths';
import { configSchema } from '@spatile/formats/config/schema';
import { expect, test } from 'vitest';

/** Settings whose text is the name of something, or a pattern, and never looked up as a file. */
const NAMES = [
  /^input\.columns\.(x|y|z|feature|qv|transcriptId|cell|nuclear|controls)$/,
  /^segment\.channels\.(nuclei|boundary|interior)$/,
  /^correct\.(reference\.(labels|layer)|celladmix\.types|resolvi\.labelColumn)$/,
];

test('every setting that is text is known to name a file or to name none', () => {
  const texts = configFields()
    .filter(({ section, allowed, choices }) => !section && choices.length === 0 && /\btext\b/.test(allowed))
    .filter(({ allowed }) => !allowed.startsWith('list'))
    .map(({ path }) => path);
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.filter((path) => !NAMES.some((name) => name.test(path))).sort()).toEqual(
    Object.keys(PATH_SETTINGS).sort(),
  );
});

test('paths are found and replaced, and nothing else', () => {
  const config = configSchema.parse({
    input: { columns: { path: 'in/t.csv' } },
    segment: { model: 'nuclei', image: 'i.tif' },
  });
  expect(pathsNamed(config)).toEqual([
    { setting: 'input.columns.path', kind: 'inBundle', path: 'in/t.csv' },
    { setting: 'segment.model', kind: 'model', path: 'nuclei' },
    { setting: 'segment.image', kind: 'file', path: 'i.tif' },
  ]);
  const changed = withPaths(config, (path, setting) => `${setting}:${path}`);
  expect(changed.segment.image).toBe('segment.image:i.tif');
  expect(config.segment.image).toBe('i.tif');
  expect(changed.prior).toEqual(config.prior);
});
