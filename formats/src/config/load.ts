import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { SpatileError } from '../errors.ts';
import { type ConfigField, configFields } from './fields.ts';
import { nearestPath, nearestWord } from './nearest.ts';
import { configSchema, type RunConfig } from './schema.ts';

/** A value for one path and where it was said, such as `--assign`. */
export interface ConfigOverride {
  path: string;
  value: unknown;
  origin: string;
}

export interface ConfigSources {
  /** YAML (or JSON) file. */
  file?: string;
  /** `path=value` assignments; values are YAML scalars or flow collections. */
  set?: readonly string[];
  /** Values that were given by options of their own. */
  overrides?: readonly ConfigOverride[];
}

/** No configuration written by people comes near this size; a wrong file (a table, an image) does. */
const MAX_FILE_BYTES = 1 << 20;

type Mapping = Record<string, unknown>;

/**
 * The configuration of a run: defaults, then the file, then `set`, then `overrides`, each over the one before.
 *
 * Errors: `CONFIG_UNREADABLE` (no such file, not YAML), `CONFIG_UNKNOWN_KEY` (with the nearest known path), `CONFIG_INVALID`
 * (with what is allowed).
 */
export async function resolveConfig(sources: ConfigSources): Promise<RunConfig> {
  const fields = configFields();
  const given: Mapping = {};
  const origins = new Map<string, string>();
  if (sources.file !== undefined) {
    for (const override of flatten(await readMapping(sources.file), '', sources.file, fields)) {
      put(given, override, origins);
    }
  }
  for (const assignment of sources.set ?? []) {
    for (const override of parseAssignment(assignment, fields)) put(given, override, origins);
  }
  for (const override of sources.overrides ?? []) put(given, override, origins);
  const parsed = configSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues[0].path.filter((key) => typeof key === 'string'),
    given,
    origins,
    fields,
  );
}

async function readMapping(file: string): Promise<Mapping> {
  const unreadable = (why: string, todo: string, cause?: unknown) =>
    new SpatileError('CONFIG_UNREADABLE', `${file}: ${why}; ${todo}`, { fields: { file }, cause });
  let text: string;
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) {
      throw unreadable(
        'the configuration file is larger than 1 MiB; expected a short YAML file',
        'check the path given to --config',
      );
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof SpatileError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw unreadable(
      `the configuration file cannot be read (${code ?? 'error'}); expected a YAML file`,
      'check the path given to --config',
      error,
    );
  }
  let value: unknown;
  try {
    value = parse(text, { prettyErrors: true });
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0].replace(/:$/, '');
    throw unreadable(
      `the configuration file is not valid YAML (${reason}); expected keys and values`,
      'correct it',
      error,
    );
  }
  if (value === null) return {};
  if (isMapping(value)) return value;
  throw unreadable(
    `the configuration file holds ${kindOf(value)}; expected keys and values such as "seed: 1"`,
    'see docs/configuration.md',
  );
}

/** Takes a mapping apart into settings, refusing keys that do not exist. */
function flatten(mapping: Mapping, prefix: string, origin: string, fields: ConfigField[]): ConfigOverride[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const field = fieldOf(path, origin, fields);
    // A bare list stands for the methods of a stage that has several: `correct: [rctd, split]`.
    if (Array.isArray(value) && fields.some((known) => known.path === `${path}.methods`))
      return [{ path: `${path}.methods`, value, origin }];
    return field.section && isMapping(value)
      ? flatten(value, path, origin, fields)
      : [{ path, value, origin }];
  });
}

function parseAssignment(assignment: string, fields: ConfigField[]): ConfigOverride[] {
  const at = assignment.indexOf('=');
  if (at < 1) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `--set: "${assignment}" is not an assignment; expected path=value such as assign.expand.distanceUm=8; add the part that is missing`,
      { fields: { assignment } },
    );
  }
  const path = assignment.slice(0, at).trim();
  const origin = `--set ${path}`;
  const field = fieldOf(path, origin, fields);
  const value = parseValue(assignment.slice(at + 1), origin, path);
  return field.section && isMapping(value) ? flatten(value, path, origin, fields) : [{ path, value, origin }];
}

function parseValue(text: string, origin: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `${origin}: the value does not parse (${text}); expected a YAML value; put quotes around text with special characters`,
      { fields: { path, value: text }, cause: error },
    );
  }
}

function fieldOf(path: string, origin: string, fields: ConfigField[]): ConfigField {
  const field = fields.find((candidate) => candidate.path === path);
  if (field) return field;
  const nearest = nearestPath(
    path,
    fields.map((candidate) => candidate.path),
  );
  const where = origin.startsWith('--set') ? '--set' : origin;
  throw new SpatileError(
    'CONFIG_UNKNOWN_KEY',
    `${where}: there is no setting "${path}"; ${nearest ? `did you mean "${nearest}"?` : 'docs/configuration.md lists all settings'}`,
    { fields: { path, nearest, origin: where } },
  );
}

function put(target: Mapping, override: ConfigOverride, origins: Map<string, string>): void {
  const keys = override.path.split('.');
  const last = keys.pop() as string;
  let section = target;
  for (const key of keys) {
    // A wrong value for a whole section is reported by the schema, under the section's own path.
    if (!isMapping(section[key])) section[key] = {};
    section = section[key] as Mapping;
  }
  section[last] = override.value;
  origins.set(override.path, override.origin);
}

function invalid(
  keys: string[],
  given: Mapping,
  origins: Map<string, string>,
  fields: ConfigField[],
): SpatileError {
  // Errors inside a list or a pair belong to the setting that holds it.
  while (keys.length > 0 && !fields.some((field) => field.path === keys.join('.'))) keys.pop();
  const path = keys.join('.');
  const field = fields.find((candidate) => candidate.path === path);
  const value = keys.reduce<unknown>((node, key) => (isMapping(node) ? node[key] : undefined), given);
  const origin = origins.get(path) ?? 'configuration';
  const allowed = field?.section ? 'a section with settings' : (field?.allowed ?? 'keys and values');
  const nearest = typeof value === 'string' ? nearestWord(value, field?.choices ?? []) : null;
  const todo = nearest ? `did you mean "${nearest}"?` : 'see docs/configuration.md';
  const place = origin.endsWith(path) ? origin : `${origin}: ${path}`;
  return new SpatileError(
    'CONFIG_INVALID',
    `${place}: the value is not allowed (${shown(value)}); expected ${allowed}; ${todo}`,
    { fields: { path, value, expected: allowed, origin } },
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as JSON, short enough for one sentence. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `one ${typeof value}`;
}
