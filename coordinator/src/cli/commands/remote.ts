import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunInfo__Output } from '@spatile/proto/generated/spatile/v1/RunInfo';
import { type Command, Option } from 'commander';
import type { ServerClient } from '../../serve/client.ts';
import { type SecurityFlags, securityOptions, withSecurityOptions } from '../cluster-options.ts';
import type { Context } from '../context.ts';
import { follow } from '../follow.ts';
import { facts } from '../format.ts';
import { wholeNumber } from '../options.ts';
import { createProgress } from '../progress.ts';
import { summaryText } from '../summary.ts';

interface RemoteFlags extends SecurityFlags {
  server: string;
  json?: boolean;
  quiet?: boolean;
}

interface SubmitFlags extends RemoteFlags {
  output: string;
  config?: string;
  set?: string[];
  resume?: boolean;
  overwrite?: boolean;
  watch?: boolean;
  mostWorkers?: number;
}

/** `spatile submit`, `watch`, `list` and `cancel`: clients of `spatile serve`. */
export function addRemote(program: Command, context: Context): void {
  const submit = program
    .command('submit')
    .summary('hand a run to a server')
    .description(
      'Hands a run to a server (spatile serve) and prints its name. Paths are those of the server.',
    )
    .argument('<bundle>', 'folder the instrument wrote, on the server')
    .requiredOption('-o, --output <out.zarr>', 'the Zarr to write, on the server')
    .option('-c, --config <file>', 'YAML file with settings, of this machine')
    .option(
      '--set <path=value>',
      'one setting; may be repeated',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .option('--resume', 'go on with an interrupted run')
    .option('--overwrite', 'remove an earlier output first')
    .option('--watch', 'stay and show its progress')
    .addOption(
      new Option(
        '--most-workers <n>',
        'where the server makes workers (--kubernetes): no more than so many of each kind',
      ).argParser(wholeNumber('--most-workers', 1, 10_000)),
    );
  remote(submit).action((bundle: string, flags: SubmitFlags) =>
    withServer(flags, context, async (server) => {
      const config = flags.config === undefined ? '' : await readFile(resolve(flags.config), 'utf8');
      const { output, set = [], resume = false, overwrite = false, mostWorkers = 0 } = flags;
      const run = await server.submit({ bundle, output, config, set, resume, overwrite, mostWorkers });
      if (flags.watch) return shown(server, run.id, flags, context);
      context.terminal.out(flags.json ? `${JSON.stringify(run)}\n` : `${run.id}\n`);
    }),
  );

  const watch = program.command('watch').summary('follow a run of a server').argument('<run>', 'its name');
  remote(watch)
    .option('-q, --quiet', 'no progress')
    .action((id: string, flags: RemoteFlags) =>
      withServer(flags, context, (server) => shown(server, id, flags, context)),
    );

  const list = program.command('list').summary('list the runs of a server');
  remote(list).action((flags: RemoteFlags) =>
    withServer(flags, context, async (server) => {
      const runs = await server.list();
      if (flags.json) context.terminal.out(`${JSON.stringify(runs)}\n`);
      else for (const run of runs) context.terminal.out(`${line(run)}\n`);
    }),
  );

  const cancel = program.command('cancel').summary('stop a run of a server').argument('<run>', 'its name');
  remote(cancel).action((id: string, flags: RemoteFlags) =>
    withServer(flags, context, async (server) => {
      const run = await server.cancel(id);
      context.terminal.out(flags.json ? `${JSON.stringify(run)}\n` : `${line(run)}\n`);
    }),
  );
}

function remote(command: Command): Command {
  command
    .option('--server <host:port>', 'where the server listens', '127.0.0.1:7750')
    .option('--json', 'print one JSON document on standard output');
  return withSecurityOptions(command);
}

async function withServer(
  flags: RemoteFlags,
  { load }: Context,
  work: (server: ServerClient) => Promise<void>,
): Promise<void> {
  const open = await load('openServer');
  const { natsCredentials: _, ...files } = securityOptions(flags);
  const server = await open(flags.server, files);
  try {
    await work(server);
  } finally {
    server.close();
  }
}

/** Follows a run and says how it ended. */
async function shown(
  server: ServerClient,
  id: string,
  flags: RemoteFlags,
  { terminal }: Context,
): Promise<void> {
  const summary = await follow(server, id, createProgress(terminal, Boolean(flags.quiet || flags.json)));
  if (flags.json) terminal.out(`${JSON.stringify(summary)}\n`);
  else terminal.out(`${facts([['run', id]])}${summaryText(summary)}`);
}

const line = ({ id, state, submitted, output, error, step }: RunInfo__Output): string =>
  [id, state.toLowerCase().padEnd(9), submitted, output, error || (state === 'RUNNING' ? step : '')]
    .join('  ')
    .trimEnd();
