import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { expect } from 'vitest';
import { childrenOf, type Ended, isAlive, pause, type Running, spatile, start, until } from './process.ts';
import { asArguments } from './slide.ts';

/** Finished results of a round in the run directory. */
export function committed(runDirectory: string, round: string): number {
  const folder = `${runDirectory}/results/${round}`;
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((name) => !name.includes('.tmp-')).length;
}

/** A moment of a run, as seen from outside: in the run directory, beside it, and on standard error. */
export interface Moment {
  name: string;
  /** It has begun. */
  begun: (running: Running, output: string) => boolean;
  /** Seen after the kill: the step was not over yet. */
  notOver: (output: string) => boolean;
}

const has = (output: string, name: string): boolean => existsSync(`${runDirectoryFor(output)}/${name}`);

export const PARTITION: Moment = {
  name: 'while the transcripts are partitioned',
  begun: (running) => running.stderr().includes('partitioning transcripts'),
  notOver: (output) => has(output, 'plan.json') && !has(output, 'partition/manifest.json'),
};

export const ASSIGN: Moment = {
  name: 'in the assign round',
  begun: (_, output) => committed(runDirectoryFor(output), 'assign') > 0,
  notOver: (output) => committed(runDirectoryFor(output), 'outline') === 0,
};

export const BORDER: Moment = {
  name: 'in the border round',
  begun: (_, output) => committed(runDirectoryFor(output), 'assign-border-2') > 0,
  notOver: (output) => committed(runDirectoryFor(output), 'outline') === 0,
};

export const WRITING: Moment = {
  name: 'while the Zarr is written',
  begun: (_, output) => existsSync(`${output}.partial`),
  notOver: (output) => existsSync(`${output}.partial`) && !existsSync(output),
};

export const REPORT: Moment = {
  name: 'after the Zarr, before the report',
  begun: (_, output) => existsSync(output),
  notOver: (output) => existsSync(output) && !has(output, 'summary.json'),
};

/** How often a moment may be missed before the test gives up. */
const ATTEMPTS = 5;

const runArguments = (bundle: string, output: string, settings: RunConfigInput): string[] => [
  ...['run', bundle, '-o', output, '--workers', '2'],
  ...asArguments(settings),
];

/** Starts the job and sends the coordinator a signal at a moment; tries again in a new place when it was faster than us. */
export async function killAt(
  moment: Moment,
  signal: 'SIGKILL' | 'SIGTERM',
  bundle: string,
  place: string,
  settings: RunConfigInput,
): Promise<{ output: string; ended: Ended }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const output = `${place}-${attempt}.zarr`;
    const running = start(runArguments(bundle, output, settings));
    await until(running, () => moment.begun(running, output));
    const workers = childrenOf(running.pid);
    running.child.kill(signal);
    const ended = await running.ended;
    await expectGone(workers);
    if (ended.exitCode !== 0 && moment.notOver(output)) return { output, ended };
  }
  throw new Error(`${moment.name}: missed ${ATTEMPTS} times`);
}

/** Workers leave when their coordinator is gone, whatever took it away. */
async function expectGone(pids: number[]): Promise<void> {
  for (let waited = 0; waited < 10_000 && pids.some(isAlive); waited += 20) await pause(20);
  expect(pids.filter(isAlive)).toEqual([]);
}

/** Goes on with a killed run and returns the digest. */
export async function resume(bundle: string, output: string, settings: RunConfigInput): Promise<string> {
  const ended = await spatile([...runArguments(bundle, output, settings), '--resume', '--json']);
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(ended.stdout).digest;
}

/** Events of a run of one type. */
export async function events(output: string, type: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(`${runDirectoryFor(output)}/events.ndjson`, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((event) => event.type === type);
}
