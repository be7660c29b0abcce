import { once } from 'node:events';
import { type Server as GrpcServer, Server } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { runServices } from '@spatile/proto/definition';
import { readSecurity, serverCredentials } from '@spatile/proto/security';
import { httpServer } from './http.ts';
import { Runs } from './runs.ts';
import { runsService } from './runs-service.ts';

export interface ServeOptions {
  /** Host and port for clients, and for browsers, probes and Prometheus; null leaves the second out. */
  listen: string;
  http: string | null;
  state: string;
  roots: string[];
  atOnce: number;
  security: { ca: string | null; cert: string | null; key: string | null; token: string | null };
  /** The program that carries out a run, and the arguments that every run gets. */
  program: string[];
  signal: AbortSignal;
  /** Hears where it listens. */
  ready: (grpc: string, http: string | null) => void;
}

/**
 * Takes runs from clients and carries them out until it is stopped; runs that are going on then are stopped with it, and
 * go on with the next server on the same state. Errors: `CLUSTER` for addresses and files that cannot be used.
 */
export async function serveRuns(options: ServeOptions): Promise<void> {
  const security = await readSecurity(options.security);
  const runs = await Runs.open({
    state: options.state,
    roots: options.roots,
    atOnce: options.atOnce,
    program: options.program,
  });
  const grpc = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
  grpc.addService(runServices().Runs.service, runsService(runs, security.token));
  let leaving = false;
  const http = options.http === null ? null : httpServer(runs, () => !leaving);
  try {
    const port = await bound(grpc, options.listen, serverCredentials(security));
    const page = http === null ? null : await listening(http, options.http!);
    options.ready(`${hostOf(options.listen)}:${port}`, page);
    if (!options.signal.aborted) await once(options.signal, 'abort');
  } finally {
    leaving = true;
    await runs.close();
    grpc.forceShutdown();
    http?.close();
    http?.closeAllConnections();
  }
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

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

async function listening(server: ReturnType<typeof httpServer>, address: string): Promise<string> {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(address, error)));
    server.listen(port, hostOf(address), resolve);
  });
  const { port: taken } = server.address() as { port: number };
  return `http://${hostOf(address)}:${taken}/`;
}

function cannotListen(address: string, cause: Error): SpatileError {
  return new SpatileError(
    'CLUSTER',
    `${address}: cannot listen (${cause.message}); expected a free address of this machine; choose another`,
    { cause },
  );
}
