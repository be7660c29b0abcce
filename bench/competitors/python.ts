import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Competitor } from './competitor.ts';
import { TOOLS, versionOf } from './tools.ts';

/** A program from PyPI, run by a script of ours in a virtual environment of its own. */
export interface PythonCompetitor {
  competitor: Competitor;
  /** What pip is asked for. */
  requirement: string[];
  environment: string;
}

/** They take long: only the usual slide in its smallest size. */
const MILLIONS = 0.1;

function python(
  { key, label, seconds, absent }: Pick<Competitor, 'key' | 'label' | 'absent'> & { seconds: number },
  name: string,
  requirement: string[],
): PythonCompetitor {
  const environment = join(TOOLS, key);
  const interpreter = join(environment, 'bin/python');
  const asked = `from importlib.metadata import version; print("${label} " + version("${name}"))`;
  return {
    requirement,
    environment,
    competitor: {
      key,
      label,
      threads: 2,
      only: ({ millions, scaling }) => scaling && millions === MILLIONS,
      absent,
      find: () => {
        const version = existsSync(interpreter) ? versionOf(interpreter, '-c', asked) : null;
        if (version === null) return null;
        return {
          version,
          command: ({ bundle }, out) => ({
            words: [interpreter, resolve(`bench/competitors/${key}_run.py`), bundle, out],
            cwd: out,
            environment: Object.fromEntries(
              ['OMP', 'OPENBLAS', 'MKL', 'NUMBA', 'NUMEXPR'].map((library) => [
                `${library}_NUM_THREADS`,
                '2',
              ]),
            ),
          }),
          result: (_, out) => ({ path: join(out, 'assignment.csv') }),
        };
      },
      estimateSeconds: ({ millions }) => (seconds * millions) / MILLIONS,
    },
  };
}

export const PYTHON: readonly PythonCompetitor[] = [
  python(
    {
      ...{ key: 'comseg', label: 'ComSeg', seconds: 600 },
      absent:
        'not measured at 0.1 M: it had not ended after 219 processor seconds and 1.7 GiB, beside other work. 1.8.5 of PyPI installs and runs on Python 3.11: a slide of 7,764 transcripts and 60 genes took 32 processor seconds, F1 0.601 (spatile: 4.6 seconds, 0.642; the cells of the bundle: 0.605). `npm run bench -- install`, then `npm run bench -- compare --only comseg`',
    },
    'comseg',
    ['comseg==1.8.5', 'pyarrow'],
  ),
];
