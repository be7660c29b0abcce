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
  { key, label, seconds }: { key: string; label: string; seconds: number },
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
      absent: 'not installed: `npm run bench -- install` puts it into a virtual environment with pip',
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
  python({ key: 'comseg', label: 'ComSeg', seconds: 600 }, 'comseg', ['comseg==1.8.5', 'pyarrow']),
];
