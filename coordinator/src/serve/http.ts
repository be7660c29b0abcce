import { createServer, type Server, type ServerResponse } from 'node:http';
import { LivePages } from './live.ts';
import { serverMetrics } from './metrics.ts';
import { runsPage } from './page/page.ts';
import type { Runs } from './runs.ts';

/**
 * What people, probes and Prometheus look at: `/`, `/events`, `/runs.json`, `/runs/ID.json`, `/healthz`, `/readyz`, `/metrics`.
 * Reads only.
 */
export function httpServer(runs: Runs, ready: () => boolean): Server {
  const metrics = serverMetrics(runs);
  const pages = new LivePages(runs);
  const page = runsPage();
  const answer = async (path: string, query: URLSearchParams, send: Send): Promise<void> => {
    switch (path) {
      case '/healthz':
        return send(200, 'text/plain', 'alive\n');
      case '/readyz':
        return ready() ? send(200, 'text/plain', 'ready\n') : send(503, 'text/plain', 'leaving\n');
      case '/metrics':
        return send(200, metrics.contentType, await metrics.metrics());
      case '/runs.json':
        return send(200, 'application/json', JSON.stringify({ runs: runs.list() }));
      case '/':
        return send(200, 'text/html; charset=utf-8', page.html);
    }
    const id = /^\/runs\/([a-z0-9-]{1,40})\.json$/.exec(path)?.[1];
    const board = id === undefined ? null : runs.board(id);
    if (board === null) return send(404, 'text/plain', 'not here; see / for the runs\n');
    const since = Number(query.get('since') ?? -1);
    send(200, 'application/json', JSON.stringify(board.news(Number.isFinite(since) ? since : -1)));
  };
  return createServer((request, response) => {
    const send = sender(response, page.policy);
    if (request.method !== 'GET') return send(405, 'text/plain', 'only GET\n');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    if (pathname === '/events') {
      if (!pages.add(request, response, searchParams.get('run')))
        send(503, 'text/plain', 'too many pages look at this server\n');
      return;
    }
    answer(pathname, searchParams, send).catch((error) => send(500, 'text/plain', `${error}\n`));
  });
}

type Send = (code: number, type: string, body: string) => void;

const sender =
  (response: ServerResponse, policy: string): Send =>
  (code, type, body) => {
    response.writeHead(code, {
      'content-type': type,
      'cache-control': 'no-store',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  };
