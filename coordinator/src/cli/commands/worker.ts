import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SpatileError } from '@spatile/formats/errors';
import { WORKER_CLASSES, type WorkerClass } from '@spatile/proto/names';
import { type Command, Option } from 'commander';
import { readAddress } from '../../serve/address.ts';
import {
  byteSize,
  type SecurityFlags,
  seconds,
  securityOptions,
  withSecurityOptions,
} from '../cluster-options.ts';

interface WorkerFlags extends SecurityFlags {
  nats: string;
  run?: string;
  class: WorkerClass;
  memory?: number;
  idleExit?: number;
  grace: number;
  name?: string;
  metrics?: string;
  health?: string;
}

/** Where a worker's limit stands unless told otherwise: what `plan.memoryPerWorker` has. */
const MEMORY = 2 * 2 ** 30;
/** Workers for tiles on which others ran out of memory have so many times that. */
const BIG = 4;

/** `spatile worker --nats URL`: computes tiles of runs that a cluster works on. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .summary('compute tiles for the runs of a cluster')
    .description(
      'Pulls tasks from NATS, fetches tiles from the coordinator of their run, computes, commits. Start as many as you like, on as many machines, at any time; stop them at any time.',
    )
    .requiredOption('--nats <url>', 'the broker, such as nats://127.0.0.1:4222')
    .option('--run <id>', 'only tasks of this run (default: of all runs, in turns)')
    .addOption(
      new Option('--class <class>', 'which tasks it takes; see --worker-classes of run')
        .choices(WORKER_CLASSES)
        .default('cpu'),
    )
    .addOption(
      new Option(
        '--memory <size>',
        'memory of the computing process (default: 2GiB, of class cpu-big 8GiB)',
      ).argParser(byteSize('--memory')),
    )
    .addOption(
      new Option('--idle-exit <seconds>', 'leave with exit code 0 after so long without work').argParser(
        seconds('--idle-exit'),
      ),
    )
    .addOption(
      new Option(
        '--grace <seconds>',
        'after SIGTERM, time in which a tile may be finished; else it is given back',
      )
        .argParser(seconds('--grace'))
        .default(30_000, '30'),
    )
    .option('--metrics <host:port>', 'serve /metrics, /healthz and /readyz there (HTTP)')
    .option('--health <host:port>', 'serve the health protocol of gRPC there')
    .option('--name <name>', 'what it is called in logs (default: host and process)');
  withSecurityOptions(command).addHelpText(
    'after',
    `
Exit codes: 0 no work for --idle-exit, 75 asked to leave, 6 broker out of reach.

Example:
  spatile worker --nats nats://127.0.0.1:4222`,
  );
  command.action(work);
}

/** Hands over to the program of workers, which is another bundle and takes its options as its one argument. */
async function work(flags: WorkerFlags): Promise<void> {
  const options = {
    nats: flags.nats,
    ...securityOptions(flags),
    run: flags.run ?? null,
    workers: flags.class,
    memoryBytes: flags.memory ?? (flags.class === 'cpu-big' ? BIG * MEMORY : MEMORY),
    idleExitMs: flags.idleExit ?? null,
    graceMs: flags.grace,
    metrics: flags.metrics === undefined ? null : readAddress('--metrics', flags.metrics),
    health: flags.health === undefined ? null : readAddress('--health', flags.health),
    name: flags.name ?? `${hostname()}-${process.pid}`,
  };
  process.argv[2] = JSON.stringify(options);
  // The same process, so that whoever started `spatile worker` can stop and end it by its id.
  await import(pathToFileURL(workerMain()).href);
}

function workerMain(): string {
  for (const relative of ['../cluster-worker/main.js', '../../../../dist/cluster-worker/main.js']) {
    const path = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', 'dist/cluster-worker/main.js is missing; run npm run build');
}
