import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a figure depends on beside the code. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  platform: string;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Short hash of the commit, with `+` when tracked files differ from it; `none` outside of a repository. */
export function commit(): string {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', ':!bench', ':!docs') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'none';
  }
}

/** Digest of the measured program: equal builds do not have to be measured twice. */
export function buildDigest(program: string): string {
  const hash = createHash('sha256');
  for (const folder of ['coordinator', 'coordinator/build', 'worker', 'worker/build']) {
    for (const name of readdirSync(join(program, folder)).sort()) {
      if (/\.(js|wasm)$/.test(name) && !name.startsWith('bench-'))
        hash.update(name).update(readFileSync(join(program, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
