import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where `npm run bench -- install` puts other programs; not under version control. */
export const TOOLS = resolve('bench/.tools');

/** A program: named by the environment, installed by the bench, or on the PATH; null when it is nowhere. */
export function findProgram(name: string, variable: string): string | null {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return resolve(named);
  const folders = [join(TOOLS, name, 'bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** First line that a program prints when asked for its version; null when it does not start. */
export function versionOf(program: string, ...words: string[]): string | null {
  const { status, stdout } = spawnSync(program, words.length > 0 ? words : ['--version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  return status === 0 ? (stdout.trim().split('\n')[0] ?? '') : null;
}
