import { totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchOptions } from './bench.ts';
import { BENCHES } from './benches.ts';

const NAMES = BENCHES.map(({ name }) => name);
const DEFAULT_LIMIT_SECONDS = 900;
/** Of the machine's memory, what programs under comparison may hold: the system and the bench need the rest. */
const MEMORY_SHARE = 0.85;

const USAGE = `npm run bench -- [NAME] [options]

  NAME            ${NAMES.join(', ')}; all of them without it
                  "install" installs the programs that compare runs and the machine can build,
                  "tables" rewrites the tables from stored results,
                  "timeline RUN" shows where the time of a finished run went, by its run directory

  --size UM,...   edges of the square slides (1 M transcripts: 1060, 10 M: 3350), not for compare
  --repeats N     times every measurement is repeated, not for compare
  --workers N     worker processes where the bench does not vary them (2)
  --slides N      slides of different seed, for compare and seams (3)
  --limit S       longest that a program may run, in seconds, for compare (${DEFAULT_LIMIT_SECONDS})
  --minutes N     begin nothing that would end later than this
  --only TEXT     only cases whose name contains TEXT
  --resume        skip cases measured before with the same build, settings and machine
  --list          show the cases and the expected time
  --tiny          tiny slides, to try the bench itself; leaves results and tables of the repository alone
  --out DIR       write results there and leave the tables of the repository alone`;

/** What was asked for, checked. */
export interface CommandLine {
  /** A bench, `tables`, `install` or `timeline`; null = all benches. */
  name: string | null;
  /** Run directory of `timeline`. */
  run: string | null;
  sizesUm: number[];
  repeats: number | null;
  workers: number;
  slides: number | null;
  limitSeconds: number;
  minutes: number | null;
  only: string;
  resume: boolean;
  list: boolean;
  tiny: boolean;
  out: string | null;
}

/** Reads the command line; ends the process with the usage when it is asked for or wrong. */
export function parseCommandLine(args: string[]): CommandLine {
  const { values, positionals } = parsed(args);
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const whole = (option: 'repeats' | 'workers' | 'slides' | 'limit' | 'minutes'): number | null => {
    const text = values[option];
    if (text === undefined) return null;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) fail(`--${option} is not a whole number from 1 (${text})`);
    return value;
  };
  const sizesUm = (values.size ?? '').split(',').filter(Boolean).map(Number);
  if (sizesUm.some((size) => !(size >= 30 && size <= 20_000)))
    fail(`--size is not a list of microns from 30 to 20000 (${values.size})`);
  const [name = null, run = null] = positionals;
  const known = name === null || [...NAMES, 'tables', 'install', 'timeline'].includes(name);
  if (!known || positionals.length > 2 || (run !== null) !== (name === 'timeline'))
    fail(`${positionals.join(' ')}: no such bench\n\n${USAGE}`);
  return {
    name,
    run,
    sizesUm,
    repeats: whole('repeats'),
    workers: whole('workers') ?? 2,
    slides: whole('slides'),
    limitSeconds: whole('limit') ?? DEFAULT_LIMIT_SECONDS,
    minutes: whole('minutes'),
    only: values.only ?? '',
    resume: values.resume ?? false,
    list: values.list ?? false,
    tiny: values.tiny ?? false,
    out: values.out ?? null,
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ size: text, repeats: text, workers: text, slides: text, limit: text, minutes: text, only: text },
        ...{ resume: flag, list: flag, tiny: flag, out: text, help: flag },
      },
    });
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** What the benches are told. */
export function benchOptions(asked: CommandLine, program: string): BenchOptions {
  const { sizesUm, repeats, workers, slides, limitSeconds, tiny } = asked;
  return {
    ...{ sizesUm, workers, limitSeconds, tiny, program },
    repeats: repeats ?? (tiny ? 1 : null),
    slides: slides ?? (tiny ? 1 : 3),
    limitBytes: Math.round(totalmem() * MEMORY_SHARE),
  };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
