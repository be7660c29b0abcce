import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Runs } from './runs.ts';

/** How often a page hears of what changed, milliseconds. */
const TICK_MS = 500;
/** Pages that look at once. */
const MOST_PAGES = 100;
/** Bytes that may wait for a slow page; beyond, it is cut off, and comes back by itself. */
const MOST_WAITING = 8 * 1024 * 1024;
/** Silence after which proxies cut a connection is longer than this, milliseconds. */
const COMMENT_MS = 15_000;

/**
 * Server-sent events for pages: `runs` (the list) and, of the run that was asked for, `news` (`BoardNews`), each when it has
 * changed. The first of a connection has everything, so a page that was cut off needs nothing of what it knew.
 */
export class LivePages {
  readonly #runs: Runs;
  readonly #open = new Set<ServerResponse>();

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** Takes a page in; false when there are too many. @param id of the run that is looked at; null for none. */
  add(request: IncomingMessage, response: ServerResponse, id: string | null): boolean {
    if (this.#open.size >= MOST_PAGES) return false;
    this.#open.add(response);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const told = { runs: '', revision: -1, at: 0 };
    const tick = (): void => this.#tick(response, id, told);
    const timer = setInterval(tick, TICK_MS);
    const over = (): void => {
      clearInterval(timer);
      this.#open.delete(response);
    };
    response.once('close', over);
    request.once('error', over);
    tick();
    return true;
  }

  #tick(
    response: ServerResponse,
    id: string | null,
    told: { runs: string; revision: number; at: number },
  ): void {
    if (response.writableLength > MOST_WAITING) {
      response.destroy();
      return;
    }
    const say = (event: string, data: string): void => {
      response.write(`event: ${event}\ndata: ${data}\n\n`);
      told.at = performance.now();
    };
    const runs = JSON.stringify({ runs: this.#runs.list() });
    if (runs !== told.runs) say('runs', runs);
    told.runs = runs;
    const board = id === null ? null : this.#runs.board(id);
    if (board !== null && (board.revision !== told.revision || this.#isOld(told.at))) {
      const news = board.news(told.revision);
      told.revision = news.revision;
      say('news', JSON.stringify(news));
    }
    if (this.#isOld(told.at)) {
      response.write(': still here\n\n');
      told.at = performance.now();
    }
  }

  #isOld(at: number): boolean {
    return performance.now() - at > COMMENT_MS;
  }
}
