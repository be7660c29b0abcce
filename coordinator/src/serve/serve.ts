import { once } from 'node:events';
import { join } from 'node:path';
import { type Server as GrpcServer, Server } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { runServices } from '@spatile/proto/definition';
import { Health } from '@spatile/proto/health';
import { readSecurity, serverCredentials } from '@spatile/proto/security';
import { Lock } from '../run/lock.ts';
import { storageError } from '../run/store.ts';
import { type Address, readAddress, writeAddress } from './address.ts';
import { httpServer } from './http.ts';
import { logRuns, serverLog } from './log-runs.ts';
import { Runs } from './runs.ts';
import { runsService } from './runs-service.ts';

export interface ServeOptions {
  /** Host and port for clients, and for browsers, probes and Prometheus; null leaves the second out. */
  listen: string;
  http: string | null;
  state: string;
  roots: string[];
  atOnce: number;
  /** The broker of the runs; null without one. */
  cluster: string | null;
  security: { ca: string | null; cert: string | null; key: string | null; token: string | null };
  /** Settings of the workers that runs get on Kubernetes; null when nobody makes any. */
  kubernetes: string | null;
  /** The program that carries out a run, and the arguments that every run gets. */
  program: string[];
  signal: AbortSignal;
  /** Hears where it listens. */
  ready: (grpc: string, http: string | null) => void;
  /** Hears what went wrong with the server itself. */
  warn: (text: string) => void;
}

/**
 * Takes runs from clients and carries them out until it is stopped; runs that are going on then are stopped with it, and
 * go on with the next server on the same state. Errors: `CLUSTER` for addresses and files that cannot be used.
 */
export async function serveRuns(options: ServeOptions): Promise<void> {
  const listen = readAddress('--listen', options.listen);
  const page = options.http === null ? null : readAddress('--http', options.http);
  const security = await readSecurity(options.security);
  const lock = takeState(options.state);
  try {
    await serveLocked(options, listen, page, security);
  } finally {
    lock.release();
  }
}

async function serveLocked(
  options: ServeOptions,
  listen: Address,
  page: Address | null,
  security: Awaited<ReturnType<typeof readSecurity>>,
): Promise<void> {
  const { state, roots, atOnce, cluster, program, warn } = options;
  const runs = await Runs.open({ state, roots, atOnce, cluster, program, warn });
  const workers =
    options.kubernetes === null
      ? null
      : await (await import('../kubernetes/serve.ts')).openWorkers(
          options.kubernetes,
          process.env,
          runs,
          warn,
        );
  logRuns(runs, serverLog());
  const grpc = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
  grpc.addService(runServices().Runs.service, runsService(runs, security.token));
  const health = new Health(['spatile.v1.Runs'], false);
  health.addTo(grpc);
  let ready = false;
  const http = page === null ? null : httpServer(runs, () => ready);
  const become = (serving: boolean): void => {
    ready = serving;
    health.set(serving);
  };
  try {
    const port = await bound(grpc, writeAddress(listen), serverCredentials(security));
    const shown = page === null ? null : await listening(http!, page);
    // Only who has its addresses carries out runs.
    if (!options.signal.aborted) await runs.start();
    if (!options.signal.aborted) workers?.start();
    become(true);
    options.ready(writeAddress({ ...listen, port }), shown);
    if (!options.signal.aborted) await once(options.signal, 'abort');
  } finally {
    become(false);
    await runs.close();
    await workers?.close();
    grpc.forceShutdown();
    http?.close();
    http?.closeAllConnections();
  }
}

/** Two servers on one state would carry out the same runs. */
function takeState(state: string): Lock {
  const lock = new Lock(join(state, 'server.lock'));
  let holder: ReturnType<Lock['take']>;
  try {
    holder = lock.take();
  } catch (error) {
    throw storageError(error as NodeJS.ErrnoException, lock.path);
  }
  if (holder === null) return lock;
  throw new SpatileError(
    'CLUSTER',
    `${state}: another server keeps its state there (process ${holder.pid}); expected one server for each folder; stop that one or choose another --state`,
    { fields: { pid: holder.pid } },
  );
}

function bound(
  server: GrpcServer,
  address: string,
  credentials: ReturnType<typeof serverCredentials>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) =>
      error === null ? resolve(port) : reject(cannotListen(address, error)),
    );
  });
}

async function listening(server: ReturnType<typeof httpServer>, address: Address): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(writeAddress(address), error)));
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as { port: number };
  return `http://${writeAddress({ ...address, port })}/`;
}

function cannotListen(address: string, cause: Error): SpatileError {
  return new SpatileError(
    'CLUSTER',
    `${address}: cannot listen (${cause.message}); expected a free address of this machine; choose another`,
    { cause },
  );
}
