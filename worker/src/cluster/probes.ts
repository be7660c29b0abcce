import { createServer } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { Health } from '@spatile/proto/health';
import type { Registry } from 'prom-client';
import type { Address } from './options.ts';

/** What probes and Prometheus ask of a worker. */
export interface Probes {
  /** Whether it takes tasks; told to those who watch. */
  become: (ready: boolean) => void;
  close: () => void;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` over HTTP, and gRPC's health protocol, each where it is asked to. They tell
 * nothing of runs, and ask for no secret, since probes have none. Errors: `CLUSTER` for an address that cannot be had.
 */
export async function serveProbes(
  addresses: { metrics: Address | null; health: Address | null },
  registry: Registry,
  listening: (what: 'metrics' | 'health', port: number) => void,
): Promise<Probes> {
  const { metrics, health: probed } = addresses;
  if (metrics === null && probed === null) return { become: () => undefined, close: () => undefined };
  let ready = false;
  const health = new Health([], false);
  const http = createServer(async (request, response) => {
    const send = (code: number, body: string, type = 'text/plain'): void => {
      response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    if (request.method !== 'GET') return send(405, 'only GET\n');
    if (request.url === '/healthz') return send(200, 'alive\n');
    if (request.url === '/readyz') return ready ? send(200, 'ready\n') : send(503, 'not ready\n');
    if (request.url === '/metrics') return send(200, await registry.metrics(), registry.contentType);
    send(404, 'not here; there are /healthz, /readyz and /metrics\n');
  });
  const grpc = new Server();
  health.addTo(grpc);
  if (metrics !== null)
    await new Promise<void>((resolve, reject) => {
      http.once('error', (error) => reject(cannotListen('--metrics', metrics, error)));
      http.listen(metrics.port, metrics.host, resolve);
    }).then(() => listening('metrics', (http.address() as { port: number }).port));
  if (probed !== null)
    await new Promise<number>((resolve, reject) => {
      const { host, port } = probed;
      const text = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      grpc.bindAsync(text, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(cannotListen('--health', probed, error)),
      );
    }).then((port) => listening('health', port));
  return {
    become: (now) => {
      ready = now;
      health.set(now);
    },
    close: () => {
      http.close();
      http.closeAllConnections();
      grpc.forceShutdown();
    },
  };
}

const cannotListen = (option: string, { host, port }: Address, cause: Error): SpatileError =>
  new SpatileError(
    'CLUSTER',
    `${option}: cannot listen at ${host}, port ${port} (${cause.message}); expected a free address of this machine; choose another`,
    { cause },
  );
