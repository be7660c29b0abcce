import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is a NATS server to test against: Debian's package `nats-server`, or any other on the path. */
export const hasBroker = spawnSync('nats-server', ['--version']).status === 0;
if (!hasBroker)
  console.warn('tests of clusters are skipped: no nats-server on the path (apt-get install nats-server)');

/** A port of this machine that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A real NATS server of a test's own, on the loopback interface, with a store of its own. */
export class Broker {
  readonly url: string;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'spatile-nats-'));
  readonly #extra: string;
  #child: ChildProcess | null = null;

  /** @param extra more lines of its configuration, such as users. */
  static async start(extra = '', login = ''): Promise<Broker> {
    const broker = new Broker(await freePort(), extra, login);
    await broker.up();
    return broker;
  }

  private constructor(port: number, extra: string, login: string) {
    this.#port = port;
    this.#extra = extra;
    this.url = `nats://${login}127.0.0.1:${port}`;
  }

  /** Starts it, on the store it had before unless that is to be lost. */
  async up(options: { lost?: boolean } = {}): Promise<void> {
    const store = join(this.#folder, 'store');
    if (options.lost) rmSync(store, { recursive: true, force: true });
    const config = join(this.#folder, 'nats.conf');
    writeFileSync(
      config,
      `listen: "127.0.0.1:${this.#port}"\njetstream { store_dir: ${JSON.stringify(store)} }\n${this.#extra}\n`,
    );
    const child = spawn('nats-server', ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes('Server is ready')) resolve();
      });
      child.once('close', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
    });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
