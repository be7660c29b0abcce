import { fileURLToPath } from 'node:url';
import { SpatileError } from '@spatile/formats/errors';
import { type Command, Option } from 'commander';
import {
  checkListen,
  type SecurityFlags,
  securityOptions,
  withClusterTimes,
  withSecurityOptions,
} from '../cluster-options.ts';
import type { Context } from '../context.ts';
import { onInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';

interface ServeFlags extends SecurityFlags {
  listen: string;
  http: string;
  state: string;
  root?: string[];
  runsAtOnce: number;
  cluster?: string;
  workersListen: string;
  workersAdvertise?: string;
  kubernetes?: string;
  ackWait: number;
  reconcile: number;
  workerClasses: string[];
  straggler: number;
  verify: number;
  workers?: number;
}

/** `spatile serve`: carries out runs that clients submit. */
export function addServe(program: Command, context: Context): void {
  const command = program
    .command('serve')
    .summary('carry out the runs that clients submit')
    .description(
      'Listens for runs, carries them out, each in a process of its own, and shows them on a page. A server that is stopped goes on with its runs when it is started again on the same state.',
    )
    .option('--listen <host:port>', 'for clients (gRPC)', '127.0.0.1:7750')
    .option('--http <host:port>', 'for the page, probes and metrics; "off" for none', '127.0.0.1:8080')
    .option('--state <dir>', 'what the server keeps', 'spatile-server')
    .option(
      '--root <dir>',
      'folder below which submitters may name files; may be repeated (default: the current folder)',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .addOption(
      new Option('--runs-at-once <n>', 'more wait in a row')
        .argParser(wholeNumber('--runs-at-once', 1, 1000))
        .default(4),
    )
    .option('--cluster <url>', 'compute on the workers of a cluster: its broker')
    .option('--workers-listen <host:port>', 'with --cluster: where runs serve their workers', '127.0.0.1:0')
    .option(
      '--workers-advertise <host:port>',
      'with --cluster: where workers reach a run (default: where it serves them); port 0: the one it has',
    )
    .option(
      '--kubernetes <file>',
      'with --cluster: make the workers of each run on Kubernetes, as this file says',
    )
    .addOption(
      new Option('-w, --workers <n>', 'without --cluster: worker processes of each run').argParser(
        wholeNumber('--workers', 1, 1024),
      ),
    );
  withSecurityOptions(withClusterTimes(command)).addHelpText(
    'after',
    `
Example:
  spatile serve --root /data --cluster nats://127.0.0.1:4222`,
  );
  command.action((flags: ServeFlags) => serve(flags, context));
}

async function serve(flags: ServeFlags, { terminal, load }: Context): Promise<void> {
  const serveRuns = await load('serveRuns');
  const interruptible = onInterrupt();
  const { natsCredentials, ...security } = securityOptions(flags);
  try {
    await serveRuns({
      listen: flags.listen,
      http: flags.http === 'off' ? null : flags.http,
      state: flags.state,
      roots: flags.root ?? [process.cwd()],
      atOnce: flags.runsAtOnce,
      cluster: flags.cluster ?? null,
      security,
      kubernetes: kubernetesFile(flags),
      program: [fileURLToPath(new URL('main.js', import.meta.url)), ...runArguments(flags, natsCredentials)],
      signal: interruptible.signal,
      ready: (grpc, http) =>
        terminal.err(`serving runs at ${grpc}${http === null ? '' : `, page at ${http}`}\n`),
      warn: (text) => terminal.err(`warning: ${text}\n`),
    });
  } finally {
    interruptible.release();
  }
}

/** Errors: `USAGE` without a broker, from which those workers take their tasks. */
function kubernetesFile({ kubernetes, cluster }: ServeFlags): string | null {
  if (kubernetes !== undefined && cluster === undefined)
    throw new SpatileError(
      'USAGE',
      '--kubernetes: makes workers that nobody gives tasks to without a broker; expected it together with --cluster; add --cluster nats://HOST:PORT',
    );
  return kubernetes ?? null;
}

/** What every run of this server is started with. */
function runArguments(flags: ServeFlags, natsCredentials: string | null): string[] {
  if (flags.cluster === undefined)
    return flags.workers === undefined ? [] : ['--workers', `${flags.workers}`];
  checkListen('--workers-listen', flags.workersListen, '--workers-advertise', flags.workersAdvertise);
  const words = ['--cluster', flags.cluster, '--listen', flags.workersListen];
  if (flags.workersAdvertise !== undefined) words.push('--advertise', flags.workersAdvertise);
  words.push('--ack-wait', `${flags.ackWait / 1000}`, '--reconcile', `${flags.reconcile / 1000}`);
  words.push('--worker-classes', flags.workerClasses.join(), '--straggler', `${flags.straggler / 1000}`);
  words.push('--verify', `${flags.verify}`);
  const files = [
    ['--tls-ca', flags.tlsCa],
    ['--tls-cert', flags.tlsCert],
    ['--tls-key', flags.tlsKey],
    ['--token-file', flags.tokenFile],
    ['--nats-creds', natsCredentials],
  ] as const;
  for (const [option, file] of files) if (file) words.push(option, file);
  return words;
}
