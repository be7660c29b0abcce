import * as z from 'zod';
import { configSchema } from './schema.ts';

/** One setting or section of the configuration, as people and `--set` name it. */
export interface ConfigField {
  /** Dotted path, such as `assign.expand.distanceUm`. */
  path: string;
  /** A section holds settings and has no value of its own. */
  section: boolean;
  description: string;
  /** What is allowed, in words: `number from 50 to 20000`. */
  allowed: string;
  /** Words that are allowed, when it is a choice; else empty. */
  choices: string[];
  default: unknown;
}

/** The parts of JSON Schema that zod writes for our settings. */
interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  prefixItems?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  description?: string;
  default?: unknown;
}

/** All sections and settings in the order of the schema, parents before their members. */
export function configFields(): ConfigField[] {
  const fields: ConfigField[] = [];
  walk(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, '', fields);
  return fields;
}

function walk(section: JsonSchema, prefix: string, fields: ConfigField[]): void {
  for (const [key, schema] of Object.entries(section.properties ?? {})) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    fields.push({
      path,
      section: schema.properties !== undefined,
      description: schema.description ?? '',
      allowed: inWords(schema),
      choices: (schema.enum ?? []).map(String),
      default: schema.default,
    });
    walk(schema, path, fields);
  }
}

function inWords(schema: JsonSchema): string {
  if (schema.properties) return 'section';
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(', ');
  if (schema.anyOf) return schema.anyOf.map(inWords).join(' or ');
  if (schema.prefixItems)
    return `list of ${schema.prefixItems.length}: ${schema.prefixItems.map(inWords).join(', ')}`;
  if (Array.isArray(schema.type)) return schema.type.map((type) => inWords({ ...schema, type })).join(' or ');
  if (schema.type === 'array') return `list of ${inWords(schema.items ?? {})}`;
  if (schema.type === 'number' || schema.type === 'integer') return `${schema.type}${range(schema)}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string' && schema.pattern) return 'amount with a unit such as 2GiB';
  if (schema.type === 'string') return 'text';
  return String(schema.type ?? 'anything');
}

function range(schema: JsonSchema): string {
  const { minimum, exclusiveMinimum, exclusiveMaximum } = schema;
  // zod gives every integer the limits of exact arithmetic; people need not read them.
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum;
  const least = minimum === -Number.MAX_SAFE_INTEGER ? undefined : minimum;
  if (least !== undefined && maximum !== undefined) return ` from ${least} to ${maximum}`;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${maximum === undefined ? '' : ` and up to ${maximum}`}`;
  if (exclusiveMaximum !== undefined) return ` below ${exclusiveMaximum}`;
  if (least !== undefined) return ` of at least ${least}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  return '';
}
