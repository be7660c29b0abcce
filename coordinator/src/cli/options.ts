import { SpatileError } from '@spatile/formats/errors';
import { type Command, Option } from 'commander';

/** Options that mean the same on every verb. */
export interface CommonOptions {
  json?: boolean;
  quiet?: boolean;
  debug?: boolean;
}

/** Adds `--json` and `--debug`, and `--quiet` to verbs that take a while. */
export function withCommonOptions(command: Command, settings: { quiet: boolean }): Command {
  command.option('--json', 'print the result (or the error) as one JSON document on standard output');
  if (settings.quiet) command.option('-q, --quiet', 'no progress and no summary; errors only');
  return command.option('--debug', 'print the stack of an error');
}

/** Settings of the configuration that have an option of their own, with the path each is short for. */
const SHORTCUTS = [
  {
    flags: '--assign <method>',
    key: 'assign',
    path: 'assign.method',
    help: 'nucleus, expand, proseg or baysor',
  },
  {
    flags: '--segment <method>',
    key: 'segment',
    path: 'segment.method',
    help: 'auto, import, watershed, stardist, cellpose, unet, expand or xenium',
  },
  {
    flags: '--correct <methods>',
    key: 'correct',
    path: 'correct.methods',
    help: 'methods such as rctd,split',
  },
  { flags: '--seed <n>', key: 'seed', path: 'seed', help: 'seed of all random numbers' },
  {
    flags: '--tile-size <um>',
    key: 'tileSize',
    path: 'plan.tileSizeUm',
    help: 'largest edge of a tile in um',
  },
  {
    flags: '--memory-per-worker <size>',
    key: 'memoryPerWorker',
    path: 'plan.memoryPerWorker',
    help: 'memory limit of one worker, such as 2GiB',
  },
  {
    flags: '--platform <name>',
    key: 'platform',
    path: 'input.platform',
    help: 'auto, xenium, merscope, cosmx or table',
  },
] as const;

type ShortcutKey = (typeof SHORTCUTS)[number]['key'];

export type ConfigOptions = { config?: string; set?: string[] } & Partial<Record<ShortcutKey, string>>;

/** Adds `--config`, `--set` and the options that are short for a setting. */
export function withConfigOptions(command: Command): Command {
  command.option('-c, --config <file>', 'YAML file with settings (docs/configuration.md)');
  command.option(
    '--set <path=value>',
    'one setting, such as assign.expand.distanceUm=8; may be repeated',
    collect,
  );
  for (const { flags, path, help } of SHORTCUTS) {
    command.addOption(new Option(flags, `${help} (short for --set ${path}=...)`));
  }
  return command;
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** What the configuration is made of, for `resolveConfig`. Its libraries are loaded here, not for `--help`. */
export async function configFrom(options: ConfigOptions) {
  const { resolveConfig } = await import('@spatile/formats/config/load');
  const overrides = SHORTCUTS.flatMap(({ flags, key, path }) => {
    const text = options[key];
    return text === undefined
      ? []
      : [
          {
            path,
            value: path === 'correct.methods' ? listed(text) : scalar(text),
            origin: flags.split(' ')[0],
          },
        ];
  });
  return resolveConfig({ file: options.config, set: options.set, overrides });
}

/** `rctd,split` as a list. */
const listed = (text: string): string[] => text.split(',').map((name) => name.trim());

/** Numbers as numbers, everything else as text; the schema judges. */
function scalar(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}

/** Adds `--crop` and `--crop-unit`. */
export function withCropOptions(command: Command): Command {
  return command
    .option(
      '--crop <file>',
      'only what lies inside these polygons: Xenium Explorer selection (CSV) or GeoJSON',
    )
    .addOption(new Option('--crop-unit <unit>', 'unit of the polygons').choices(['um', 'px']).default('um'));
}

/** The crop as the run takes it. */
export function cropFrom(options: { crop?: string; cropUnit: 'um' | 'px' }) {
  return options.crop === undefined ? null : { path: options.crop, unit: options.cropUnit };
}

/** A parser for whole numbers within bounds; raises `USAGE` with the option's name. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    throw notAllowed(option, text, `a whole number from ${least} to ${most}`);
  };
}

/** A parser for numbers whose range the callee judges; raises `USAGE` with the option's name. */
export function anyNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw notAllowed(option, text, 'a number');
  };
}

function notAllowed(option: string, text: string, expected: string): SpatileError {
  return new SpatileError(
    'USAGE',
    `${option}: the value is not allowed (${text}); expected ${expected}; correct the option`,
    { fields: { option, value: text } },
  );
}
