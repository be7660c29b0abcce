import { existsSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { expect } from 'vitest';
import { committed } from '../pipeline/faults.ts';
import { type Ended, pause, type Running, type StartOptions, start, until } from '../pipeline/process.ts';
import { asArguments } from '../pipeline/slide.ts';
import { digestOfFiles } from '../pipeline/store.ts';
import { Broker } from './broker.ts';

/** Shorter than anything a user would choose, so that a lost worker is noticed within a test. */
export const QUICK = ['--ack-wait', '1.5', '--reconcile', '0.5'];

/** A broker, some workers and what is needed to start runs on them. Everything is ended by `end`. */
export class Cluster {
  readonly broker: Broker;
  readonly workers: Running[] = [];
  readonly #runs: Running[] = [];
  readonly #workerArguments: string[];

  private constructor(broker: Broker, workerArguments: string[]) {
    this.broker = broker;
    this.#workerArguments = workerArguments;
  }

  static async start(
    workers: number,
    options: { broker?: Broker; workerArguments?: string[] } = {},
  ): Promise<Cluster> {
    const cluster = new Cluster(options.broker ?? (await Broker.start()), options.workerArguments ?? []);
    for (let i = 0; i < workers; i++) cluster.addWorker();
    return cluster;
  }

  addWorker(...more: string[]): Running {
    return this.addWorkerWith({}, ...more);
  }

  /** A worker that misbehaves as `failpoint.ts` says. */
  addFailing(failpoints: string, ...more: string[]): Running {
    return this.addWorkerWith({ env: { SPATILE_FAILPOINT: failpoints } }, ...more);
  }

  addWorkerWith(options: StartOptions, ...more: string[]): Running {
    const name = `w${this.workers.length}`;
    const worker = start(
      [
        ...['worker', '--nats', this.broker.url, '--name', name, '--grace', '0'],
        ...this.#workerArguments,
        ...more,
      ],
      options,
    );
    this.workers.push(worker);
    return worker;
  }

  run(bundle: string, output: string, settings: RunConfigInput, ...more: string[]): Running {
    return this.runWith({}, bundle, output, settings, ...more);
  }

  runWith(
    options: StartOptions,
    bundle: string,
    output: string,
    settings: RunConfigInput,
    ...more: string[]
  ): Running {
    const running = start(
      [
        ...['run', bundle, '-o', output, '--cluster', this.broker.url, ...QUICK],
        ...asArguments(settings),
        ...more,
      ],
      options,
    );
    this.#runs.push(running);
    return running;
  }

  async end(): Promise<void> {
    for (const { child } of [...this.workers, ...this.#runs]) child.kill('SIGKILL');
    await Promise.all([...this.workers, ...this.#runs].map(({ ended }) => ended));
    await this.broker.remove();
  }
}

/** Name and address of a run, as it says them. */
export async function placeOf(running: Running): Promise<{ name: string; address: string }> {
  let said: RegExpExecArray | null = null;
  await until(running, () => {
    said = /cluster: run (\S+), workers are served at (\S+)/.exec(running.stderr());
    return said !== null;
  });
  return { name: said![1], address: said![2] };
}

/** Waits until so many results of a round are there; fails when the run ends before. */
export async function untilCommitted(
  running: Running,
  output: string,
  round: string,
  count: number,
): Promise<void> {
  let over: Ended | null = null;
  void running.ended.then((ended) => {
    over = ended;
  });
  while (committed(runDirectoryFor(output), round) < count) {
    expect(over).toBeNull();
    await pause(5);
  }
}

/** The run has ended well, with the bytes that one machine gives. */
export async function expectDigest(running: Running, output: string, digest: string): Promise<void> {
  const ended = await running.ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(existsSync(output)).toBe(true);
  expect(digestOfFiles(output)).toBe(digest);
}
