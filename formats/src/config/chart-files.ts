import { stringify } from 'yaml';
import * as z from 'zod';
import { chartSchema } from './chart.ts';

interface Schema {
  properties?: Record<string, Schema>;
  description?: string;
}

/** `values.schema.json` of the chart, as Helm checks it (JSON Schema draft 7). */
export function chartValuesSchema(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

/** `values.yaml` of the chart: every default with what it means. */
export function chartValues(): string {
  const lines = [
    '# Defaults of the chart; written by `npm run docs` from formats/src/config/chart.ts, which also says what is allowed.',
    ...section(jsonSchema() as Schema, chartSchema.parse({}), ''),
  ];
  return `${lines.join('\n')}\n`;
}

const jsonSchema = () => z.toJSONSchema(chartSchema, { io: 'input', target: 'draft-7' });

function section({ properties = {} }: Schema, values: Record<string, unknown>, indent: string): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const value = values[key];
    const comment = schema.description === undefined ? [] : [`${indent}# ${schema.description}`];
    // A part that is Kubernetes' own has none that are known here.
    return Object.keys(schema.properties ?? {}).length === 0
      ? [...comment, ...leaf(key, value, indent)]
      : [...comment, `${indent}${key}:`, ...section(schema, value as Record<string, unknown>, `${indent}  `)];
  });
}

function leaf(key: string, value: unknown, indent: string): string[] {
  return stringify({ [key]: value }, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`);
}
