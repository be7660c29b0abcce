import { readFileSync } from 'node:fs';
import { chartSchema } from '@spatile/formats/config/chart';
import { chartValues, chartValuesSchema } from '@spatile/formats/config/chart-files';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('values.yaml and values.schema.json of the chart are what the schema says (npm run docs)', () => {
  expect(file('charts/spatile/values.yaml')).toBe(chartValues());
  expect(file('charts/spatile/values.schema.json')).toBe(chartValuesSchema());
});

test('values.yaml holds the defaults', () => {
  expect(parse(file('charts/spatile/values.yaml'))).toEqual(chartSchema.parse({}));
});

test('the chart is of the version of the program', () => {
  const { version } = JSON.parse(file('package.json'));
  expect(parse(file('charts/spatile/Chart.yaml'))).toMatchObject({ version, appVersion: version });
});
