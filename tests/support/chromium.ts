import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const PROGRAM = process.env.CHROMIUM ?? 'chromium';

/** Whether there is a browser to look at pages with: Debian's package `chromium`, or the one that CHROMIUM names. */
export const hasChromium = spawnSync(PROGRAM, ['--version']).status === 0;
if (!hasChromium)
  console.warn('tests of pages are skipped: no chromium on the path (apt-get install chromium)');

type Reply = {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
};

/** A page in a headless browser, driven over a pipe by the protocol of its developer tools. */
export class Page {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #session: string | undefined;
  #next = 1;
  /** What the page complained of: uncaught errors, refusals of its security policy, failed requests. */
  readonly complaints: string[] = [];

  static async open(url: string): Promise<Page> {
    const page = new Page();
    const { targetId } = await page.#ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attach = { targetId, flatten: true };
    const { sessionId } = await page.#ask<{ sessionId: string }>('Target.attachToTarget', attach);
    page.#session = sessionId;
    for (const domain of ['Page', 'Runtime', 'Log']) await page.#ask(`${domain}.enable`);
    const size = { width: 1200, height: 1400, deviceScaleFactor: 1, mobile: false };
    await page.#ask('Emulation.setDeviceMetricsOverride', size);
    await page.#ask('Page.navigate', { url });
    await page.until(`location.href !== 'about:blank' && document.readyState === 'complete'`);
    return page;
  }

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'spatile-chromium-'));
    this.#child = spawn(
      PROGRAM,
      [
        ...[
          '--headless=new',
          '--no-sandbox',
          '--disable-gpu',
          '--hide-scrollbars',
          '--remote-debugging-pipe',
        ],
        ...['--no-first-run', '--disable-background-networking', `--user-data-dir=${this.#folder}`],
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    // A browser that is ended breaks its pipes.
    for (const pipe of this.#child.stdio.slice(3)) pipe!.on('error', () => undefined);
    let text = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (piece: string) => {
      const messages = (text + piece).split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.#hear(JSON.parse(message));
    });
  }

  /** The value of an expression in the page. */
  async value<T>(expression: string): Promise<T> {
    const asked = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.#ask<{
      result: { value: T };
      exceptionDetails?: { text: string };
    }>('Runtime.evaluate', asked);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    while (!(await this.value<boolean>(`Boolean(${expression})`)))
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /** A picture of the page, PNG. */
  async picture(): Promise<Buffer> {
    return Buffer.from((await this.#ask<{ data: string }>('Page.captureScreenshot')).data, 'base64');
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  #ask<T>(method: string, params: object = {}): Promise<T> {
    const id = this.#next++;
    const message = {
      id,
      method,
      params,
      ...(this.#session === undefined ? {} : { sessionId: this.#session }),
    };
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result as T) : reject(new Error(`${method}: ${JSON.stringify(error)}`)),
      );
    });
  }

  #hear(message: Reply): void {
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    else if (message.method === 'Runtime.exceptionThrown' || message.method === 'Log.entryAdded')
      this.complaints.push(JSON.stringify(message.params));
  }
}
