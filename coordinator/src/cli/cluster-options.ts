import { SpatileError } from '@spatile/formats/errors';
import { WORKER_CLASSES, type WorkerClass } from '@spatile/proto/names';
import { type Command, Option } from 'commander';
import type { ClusterRunOptions } from '../api.ts';
import { isWildcard, readAddress } from '../serve/address.ts';

/** Files that prove who one is; the same options on every verb that speaks to a cluster. */
export interface SecurityFlags {
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  tokenFile?: string;
  natsCreds?: string;
}

/** Adds `--tls-*`, `--token-file` and `--nats-creds`. */
export function withSecurityOptions(command: Command): Command {
  return command
    .option('--tls-ca <file>', 'certificates of the authorities that are trusted (PEM): connections are TLS')
    .option('--tls-cert <file>', 'own certificate (PEM)')
    .option('--tls-key <file>', 'key of the own certificate (PEM)')
    .option('--token-file <file>', 'file with the secret that coordinator and workers share')
    .option('--nats-creds <file>', 'NATS credentials file');
}

export function securityOptions(flags: SecurityFlags) {
  return {
    ca: flags.tlsCa ?? null,
    cert: flags.tlsCert ?? null,
    key: flags.tlsKey ?? null,
    token: flags.tokenFile ?? null,
    natsCredentials: flags.natsCreds ?? null,
  };
}

/** Options of a run whose tiles a cluster computes. */
export interface ClusterFlags extends SecurityFlags {
  cluster?: string;
  listen: string;
  advertise?: string;
  ackWait: number;
  reconcile: number;
  workerClasses: WorkerClass[];
  straggler: number;
  verify: number;
}

/** Adds `--cluster`, `--listen`, `--advertise` and what goes with them. */
export function withClusterOptions(command: Command): Command {
  command
    .option(
      '--cluster <url>',
      'compute on the workers of a cluster: its broker, such as nats://127.0.0.1:4222',
    )
    .option('--listen <host:port>', 'with --cluster: where workers are served', '127.0.0.1:0')
    .option('--advertise <host:port>', 'with --cluster: where workers reach it (default: where it listens)');
  return withSecurityOptions(withClusterTimes(command));
}

/** Adds `--ack-wait`, `--reconcile` and `--straggler`, in milliseconds, `--worker-classes` and `--verify`. */
export function withClusterTimes(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--worker-classes <list>',
        'with --cluster: which workers there are: cpu, cpu-big (for tiles on which others die), gpu (for images)',
      )
        .argParser(workerClasses)
        .default(['cpu'], 'cpu'),
    )
    .addOption(
      new Option(
        '--straggler <seconds>',
        'with --cluster: a tile that takes longer, and half as long again as others of its size, is tried by an idle worker as well; 0 never',
      )
        .argParser(seconds('--straggler'))
        .default(30_000, '30'),
    )
    .addOption(
      new Option(
        '--verify <share>',
        'with --cluster: this share of the tiles is computed by two workers, whose results have to be the same; 0 to 1',
      )
        .argParser(share)
        .default(0, '0'),
    )
    .addOption(
      new Option(
        '--ack-wait <seconds>',
        'with --cluster: a tile whose worker is silent for so long goes to another',
      )
        .argParser(seconds('--ack-wait'))
        .default(60_000, '60'),
    )
    .addOption(
      new Option('--reconcile <seconds>', 'with --cluster: how often the queue is held against the plan')
        .argParser(seconds('--reconcile'))
        .default(10_000, '10'),
    );
}

/** The cluster of a run; null for one on this machine. */
export function clusterFrom(
  flags: ClusterFlags,
  ready: ClusterRunOptions['ready'],
): ClusterRunOptions | null {
  if (flags.cluster === undefined) return null;
  const { natsCredentials, ...security } = securityOptions(flags);
  checkListen('--listen', flags.listen, '--advertise', flags.advertise);
  return {
    nats: flags.cluster,
    natsCredentials,
    security,
    listen: flags.listen,
    advertise: flags.advertise ?? null,
    ackWaitMs: Math.max(1000, flags.ackWait),
    reconcileMs: Math.max(200, flags.reconcile),
    classes: flags.workerClasses,
    stragglerMs: flags.straggler === 0 ? null : flags.straggler,
    verify: flags.verify,
    ready,
  };
}

/**
 * Checks where workers are served and called. Errors: `USAGE` for what is no address, and for every address of a machine
 * when it is not said which of them workers are to call.
 */
export function checkListen(
  option: string,
  listen: string,
  advertiseOption: string,
  advertise: string | undefined,
): void {
  const address = readAddress(option, listen);
  const called = advertise === undefined ? address : readAddress(advertiseOption, advertise);
  if (!isWildcard(called)) return;
  throw new SpatileError(
    'USAGE',
    `${advertise === undefined ? option : advertiseOption}: stands for every address of this machine (${advertise ?? listen}), which no worker can call; expected one of its addresses; give it with ${advertiseOption} HOST:PORT`,
    { fields: { option, value: listen } },
  );
}

const UNITS: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30, MB: 1e6, GB: 1e9 };

/** A parser for sizes such as `2GiB`; raises `USAGE` with the option's name. */
export function byteSize(option: string): (text: string) => number {
  return (text) => {
    const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(MiB|GiB|MB|GB)$/.exec(text.trim()) ?? [];
    if (number !== undefined) return Math.round(Number(number) * UNITS[unit]);
    throw notAllowed(option, text, 'a size such as 2GiB');
  };
}

/** Classes of workers with commas between them, of which `cpu` is always one. */
function workerClasses(text: string): WorkerClass[] {
  const named = text.split(',').map((word) => WORKER_CLASSES.find((known) => known === word.trim()));
  if (named.includes(undefined))
    throw notAllowed('--worker-classes', text, `some of ${WORKER_CLASSES.join(', ')} with commas`);
  return WORKER_CLASSES.filter((known) => known === 'cpu' || named.includes(known));
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw notAllowed('--verify', text, 'a share from 0 to 1');
}

/** A parser for times in seconds; gives milliseconds; raises `USAGE` with the option's name. */
export function seconds(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= 86_400) return Math.round(value * 1000);
    throw notAllowed(option, text, 'seconds, at most a day');
  };
}

function notAllowed(option: string, text: string, expected: string): SpatileError {
  return new SpatileError(
    'USAGE',
    `${option}: the value is not allowed (${text}); expected ${expected}; correct the option`,
    { fields: { option, value: text } },
  );
}
