import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { runsPage } from './page.ts';
import type { Runs } from './runs.ts';

/** What people, probes and Prometheus look at: `/`, `/healthz`, `/readyz`, `/metrics`, `/runs.json`. Reads only. */
export function httpServer(runs: Runs, ready: () => boolean): Server {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const states = new Gauge({
    name: 'spatile_runs',
    help: 'Runs known to this server, by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(runs.states())) this.set({ state }, count);
    },
  });
  void states;
  return createServer(async (request, response) => {
    const send = (code: number, type: string, body: string): void => {
      response.writeHead(code, {
        'content-type': type,
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
        'x-content-type-options': 'nosniff',
      });
      response.end(body);
    };
    if (request.method !== 'GET') return send(405, 'text/plain', 'only GET\n');
    switch (request.url) {
      case '/healthz':
        return send(200, 'text/plain', 'alive\n');
      case '/readyz':
        return ready() ? send(200, 'text/plain', 'ready\n') : send(503, 'text/plain', 'leaving\n');
      case '/metrics':
        return send(200, registry.contentType, await registry.metrics());
      case '/runs.json':
        return send(200, 'application/json', JSON.stringify({ runs: runs.list() }));
      case '/':
        return send(200, 'text/html; charset=utf-8', runsPage());
      default:
        return send(404, 'text/plain', 'not here; see / for the runs\n');
    }
  });
}
