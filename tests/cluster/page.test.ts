import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { TaskEvent } from '@spatile/coordinator/api';
import { httpServer } from '@spatile/coordinator/serve/http';
import { Runs } from '@spatile/coordinator/serve/runs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testFolder } from '../pipeline/slide.ts';
import { hasChromium, Page } from '../support/chromium.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const HOSTILE = '<img src=x onerror="document.title=1">';

/** Stands for a run: says the events that the test wrote, as fast as it can, and stays. */
const PROGRAM = `
const { readFileSync, watchFile } = require('node:fs');
const file = process.argv[3] + '/events';
let said = 0;
const say = () => {
  const lines = readFileSync(file, 'utf8').split('\\n').slice(0, -1);
  for (; said < lines.length; said++) console.error(lines[said]);
};
say();
setInterval(say, 100);
`;

const area = (i: number) => [
  100 * (i % 4),
  100 * Math.floor(i / 4),
  100 * (i % 4) + 100,
  100 * Math.floor(i / 4) + 100,
];
const about = (tile: number) =>
  ({ kind: 'task', step: 'assign', task: `t${tile}`, round: 'assign' }) as const;
const TASKS = {
  ...{ kind: 'tasks', step: 'assign', first: true },
  tasks: Array.from({ length: 12 }, (_, i) => ({
    ...{ task: `t${i}`, round: 'assign', tile: i === 0 ? HOSTILE : `t${i}`, done: false },
    areaUm: area(i),
  })).concat({ task: 'b0', round: 'assign-border-1', tile: 'b0', done: false, areaUm: [0, 0, 400, 300] }),
} as unknown as TaskEvent;

describe.skipIf(!hasChromium)('the live page', () => {
  let runs: Runs;
  let server: Server;
  let page: Page | null = null;
  let url = '';
  const events: TaskEvent[] = [];
  const tell = (...more: TaskEvent[]): void => {
    events.push(...more);
    writeFileSync(at('data/slide/events'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  };

  beforeEach(async () => {
    mkdirSync(at('data/slide'), { recursive: true });
    writeFileSync(at('program.cjs'), PROGRAM);
    events.length = 0;
    tell(TASKS);
    const state = at(`state-${performance.now()}`);
    const options = { state, roots: [at('data')], atOnce: 1, program: [at('program.cjs')] };
    runs = await Runs.open({ ...options, warn: () => undefined });
    await runs.start();
    server = httpServer(runs, () => true).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  });
  afterEach(async () => {
    await page?.close();
    page = null;
    server.close();
    server.closeAllConnections();
    await runs.close();
  });

  test('shows tiles on the slide as they change, workers, errors, and nothing as markup', async () => {
    const settings = { config: '', set: [], resume: false, overwrite: false };
    await runs.submit({ bundle: 'slide', output: `${HOSTILE.replaceAll('/', '')}.zarr`, ...settings });
    page = await Page.open(url);
    await page.until(`document.querySelectorAll('#map rect').length === 13`);
    const count = (state: string) =>
      page!.value<number>(`document.querySelectorAll('#map rect.${state}').length`);
    expect(await count('waiting')).toBe(13);
    // A border unit lies on the tiles: as long as it waits, they are seen and pointed at through it.
    const over = `getComputedStyle(document.querySelector('#map rect.over'))`;
    expect(await page.value(`[${over}.fill, ${over}.pointerEvents].join()`)).toBe('none,none');
    tell(
      { ...about(0), state: 'running', worker: HOSTILE },
      { ...about(1), state: 'running', worker: 'w1' },
      {
        ...{ ...about(1), state: 'done', worker: 'w1' },
        ...{ seconds: 3.25, cpuSeconds: 3, peakRssBytes: 2 ** 28, transcripts: 1200, commitSeconds: 0.01 },
      },
      { ...about(2), state: 'running', worker: 'w1' },
      { ...about(2), state: 'retried', worker: 'w1', error: `it broke ${HOSTILE}` },
      { ...about(3), state: 'running', worker: 'w2' },
      { ...about(3), state: 'failed', worker: 'w2', error: 'for good' },
      {
        ...{ kind: 'queue', waiting: 8, inWork: 2, fetchedBytes: 1, committedBytes: 1, refused: 0 },
        ...{ inFlightBytes: 7, republished: 0 },
        silentSeconds: 3,
      },
    );
    await page.until(`document.querySelectorAll('#map rect.failed').length === 1`);
    expect([
      await count('waiting'),
      await count('running'),
      await count('retried'),
      await count('done'),
    ]).toEqual([9, 1, 1, 1]);
    // The map is drawn to the scale of the slide.
    expect(await page.value(`document.getElementById('map').getAttribute('viewBox')`)).toBe('0 0 400 300');
    const hover = `document.querySelector('#map rect.done').dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))`;
    await page.value(hover);
    expect(await page.value(`document.getElementById('tile').textContent`)).toBe(
      't1 (assign): done by w1 in 3.3 s',
    );
    const text = await page.value<string>('document.body.innerText');
    for (const shown of [
      '9 waiting',
      '20 transcripts/s',
      'queue: 8 waiting, 2 in work',
      'for good',
      '256 MiB',
    ])
      expect(text).toContain(shown);
    // Names of others are text: shown as they are, and no element of the page.
    expect(text).toContain(HOSTILE);
    expect(await page.value(`document.querySelectorAll('img').length`)).toBe(0);
    expect(await page.value('document.title')).toBe('spatile runs');
    expect((await page.picture()).length).toBeGreaterThan(20_000);
    expect(page.complaints).toEqual([]);
  });

  test('takes nothing but its own script', async () => {
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'/);
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/(src|href)=|url\(|https?:\/\/(?!www\.w3\.org)/);
    page = await Page.open(url);
    await page.until(`document.getElementById('state').textContent !== ''`);
    await page.value(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.taken = 1' }))`,
    );
    expect(await page.value('window.taken === undefined')).toBe(true);
    expect(page.complaints.join()).toContain('Content Security Policy');
  });
});
