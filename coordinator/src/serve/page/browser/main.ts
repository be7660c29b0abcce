/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { RunInfo } from '@spatile/proto/generated/spatile/v1/RunInfo';
import type { BoardNews } from '../../task-board.ts';
import { byId, rows } from './elements.ts';
import { TileMap } from './map.ts';

/**
 * The script of the live page. It listens to the server and writes what it hears as text, never as markup, since names of
 * runs, paths, tiles and errors come from submitters and workers.
 */
const map = new TileMap();
let runs: RunInfo[] = [];
let source: EventSource | null = null;
let watched: string | null = null;

/** The run in the address; else the one that is going on, or the latest. */
function chosen(): string | null {
  const named = decodeURIComponent(location.hash.slice(1));
  if (runs.some(({ id }) => id === named)) return named;
  return (runs.find(({ state }) => state === 'RUNNING') ?? runs[0])?.id ?? null;
}

function listen(): void {
  source?.close();
  map.clear();
  source = new EventSource(watched === null ? '/events' : `/events?run=${encodeURIComponent(watched)}`);
  source.addEventListener('runs', ({ data }) => {
    runs = JSON.parse(data).runs;
    say(runs.length === 0 ? 'No runs yet: spatile submit.' : '');
    if (chosen() !== watched) choose();
    else showRuns();
  });
  source.addEventListener('news', ({ data }) => showNews(JSON.parse(data)));
  // It comes back by itself, and hears everything anew then.
  source.addEventListener('open', () => map.clear());
  source.addEventListener('error', () => say('The server does not answer.'));
}

function choose(): void {
  watched = chosen();
  byId('run').hidden = true;
  showRuns();
  listen();
}

const say = (text: string): void => {
  byId('state').textContent = text;
};

function showRuns(): void {
  rows('runs', runs, (run, row) => {
    row.className = run.id === watched ? 'chosen' : '';
    const link = Object.assign(document.createElement('a'), { href: `#${run.id}`, textContent: run.id });
    const when = Object.assign(document.createElement('small'), { textContent: run.submitted });
    row.insertCell().append(link, document.createElement('br'), when);
    const state = row.insertCell();
    state.textContent = String(run.state).toLowerCase();
    state.className = String(run.state);
    row.insertCell().textContent = run.output ?? '';
    const doing = row.insertCell();
    doing.textContent = run.error || (run.state === 'RUNNING' ? (run.step ?? '') : '');
    if (run.state === 'RUNNING' && Number(run.total) > 0)
      doing.append(Object.assign(document.createElement('progress'), { max: run.total, value: run.done }));
  });
}

function showNews(news: BoardNews): void {
  byId('run').hidden = false;
  byId('title').textContent =
    `run ${watched}${news.cluster === '' ? '' : ` (${news.cluster} on the cluster)`}`;
  const { counts, queue } = news;
  const facts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  facts.push(`${Math.round(news.transcriptsPerSecond).toLocaleString('en-US')} transcripts/s`);
  facts.push(`${news.tasksPerMinute} tiles in the last minute`);
  if (news.etaSeconds !== null) facts.push(`about ${Math.ceil(news.etaSeconds)} s left of this step`);
  if (queue !== null) facts.push(`queue: ${queue.waiting} waiting, ${queue.inWork} in work`);
  if (news.connected === false) facts.push('the broker does not answer');
  byId('facts').textContent = facts.join(' · ');
  map.hear(news);
  rows('workers', news.workers, (worker, row) => {
    const memory = worker.peakRssBytes === 0 ? '' : `${Math.round(worker.peakRssBytes / 2 ** 20)} MiB`;
    const { name, task, done, failed, seconds, heard } = worker;
    for (const text of [name, task, done, failed, seconds.toFixed(1), memory, heard])
      row.insertCell().textContent = String(text);
  });
  rows('errors', news.errors, ({ time, round, tile, worker, error }, row) => {
    for (const text of [time, `${round}/${tile}`, worker, error]) row.insertCell().textContent = text;
  });
}

addEventListener('hashchange', choose);
listen();
