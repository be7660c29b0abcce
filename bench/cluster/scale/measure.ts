import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BenchBroker, type BrokerFacts, ended, processorSeconds } from '../broker.ts';
import type { ScaleOutcome, ScalePlan, ScaleRun } from './simulate.ts';

/** Workers that share a process. */
const WORKERS_PER_PROCESS = 250;
/** Longest wait for all workers to be connected to the broker. */
const CONNECT_MS = 120_000;
const LOOK_MS = 200;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface ScaleCase {
  runs: Pick<ScaleRun, 'transcripts' | 'density' | 'tileSizeUm'>[];
  workers: number;
  timeScale: number;
  byteScale: number;
}

export interface ScaleMeasured {
  runs: { plan: ScalePlan; outcome: ScaleOutcome }[];
  broker: { messages: number; cpuSeconds: number; memoryBytes: number; slowConsumers: number };
  /** Processor time of all simulated workers: of the bench, not of the product. */
  workersCpuSeconds: number;
  seconds: number;
}

/** The two programs of a simulation and an empty folder. */
export interface ScalePrograms {
  coordinator: string;
  workers: string;
  folder: string;
}

/**
 * Drives real coordinators and a real broker with workers that sleep instead of computing. All runs begin together, when all
 * workers are there.
 */
export async function measureScale(one: ScaleCase, programs: ScalePrograms): Promise<ScaleMeasured> {
  const broker = await BenchBroker.start(join(programs.folder, 'nats'));
  const children: ChildProcess[] = [];
  const started = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };
  // Nobody waits for the rest of a simulation that was broken off: whoever listens for its processes hears that they ended.
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await until(() => broker.facts());
    const { runs: slides, ...common } = one;
    const runs = slides.map((slide, k) => {
      const name = `scale-${k}`;
      const folder = join(programs.folder, `${name}.run`);
      const run: ScaleRun = { ...slide, ...common, name, folder, nats: broker.url };
      return new Talk(started(programs.coordinator, JSON.stringify(run)));
    });
    for (let first = 0; first < one.workers; first += WORKERS_PER_PROCESS) {
      const count = Math.min(WORKERS_PER_PROCESS, one.workers - first);
      started(programs.workers, broker.url, `${count}`, `${first}`);
    }
    const plans = await Promise.all(runs.map((run) => run.hear<ScalePlan>()));
    await until(async () => {
      if ((await broker.facts()).connections < one.workers) throw new Error('workers are missing');
    });
    const before = await use(broker, children.slice(runs.length));
    const began = performance.now();
    for (const run of runs) run.say('go');
    const outcomes = await Promise.all(runs.map((run) => run.hear<ScaleOutcome>()));
    const seconds = (performance.now() - began) / 1000;
    const after = await use(broker, children.slice(runs.length));
    return {
      runs: plans.map((plan, k) => ({ plan, outcome: outcomes[k] })),
      broker: {
        messages: messages(after.facts) - messages(before.facts),
        cpuSeconds: after.brokerCpu - before.brokerCpu,
        memoryBytes: after.facts.mem,
        slowConsumers: after.facts.slow_consumers,
      },
      workersCpuSeconds: after.workersCpu - before.workersCpu,
      seconds,
    };
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    for (const child of children) await ended(child);
    await broker.end();
  }
}

const messages = ({ in_msgs, out_msgs }: BrokerFacts): number => in_msgs + out_msgs;

async function use(broker: BenchBroker, workers: readonly ChildProcess[]) {
  return {
    facts: await broker.facts(),
    brokerCpu: processorSeconds(broker.pid),
    workersCpu: workers.reduce((sum, { pid }) => sum + processorSeconds(pid!), 0),
  };
}

/** A process that says lines of JSON and hears lines. */
class Talk {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  async hear<T>(): Promise<T> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.#child.spawnargs[1]}: ended before it said anything`);
    return JSON.parse(value) as T;
  }

  say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }
}

async function until<T>(look: () => Promise<T>): Promise<T> {
  const began = performance.now();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() - began > CONNECT_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
