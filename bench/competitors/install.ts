import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BAYSOR } from './baysor.ts';
import { PROSEG, PROSEG_VERSION } from './proseg.ts';
import { PYTHON } from './python.ts';
import { TOOLS } from './tools.ts';

/** Installs what is missing of the programs under comparison into `bench/.tools`; gives the exit status. */
export async function install(): Promise<number> {
  mkdirSync(TOOLS, { recursive: true });
  const wanted: [name: string, isThere: boolean, commands: string[][]][] = [
    [
      'Proseg',
      PROSEG.find('') !== null,
      [
        [
          'cargo',
          'install',
          'proseg',
          '--version',
          PROSEG_VERSION,
          '--locked',
          '--root',
          join(TOOLS, 'proseg'),
        ],
      ],
    ],
    ...PYTHON.map(({ competitor, requirement, environment }): [string, boolean, string[][]] => [
      competitor.label,
      competitor.find('') !== null,
      [
        ['python3', '-m', 'venv', environment],
        [join(environment, 'bin/pip'), 'install', '--quiet', ...requirement],
      ],
    ]),
  ];
  let status = 0;
  for (const [name, isThere, commands] of wanted) {
    if (isThere) console.log(`${name}: is there`);
    else if (commands.every(([program, ...words]) => succeeds(program, words)))
      console.log(`${name}: installed`);
    else {
      console.error(`${name}: could not be installed; the comparison goes without it`);
      status = 1;
    }
  }
  if (BAYSOR.find('') === null) console.log(`Baysor: ${BAYSOR.absent}`);
  return status;
}

function succeeds(program: string, words: string[]): boolean {
  console.log(`  ${program} ${words.join(' ')}`);
  return spawnSync(program, words, { stdio: 'inherit' }).status === 0;
}
