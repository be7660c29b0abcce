import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is a NATS server to test against: Debian's package `nats-server`, or any other on the path. */
export const hasBroker = spawnSync('nats-server', ['--version']).status === 0;
if (!hasBroker)
  console.warn('tests of clusters are skipped: no nats-server on the path (apt-get install nats-server)');

const LOOPBACK = '127.0.0.1';
/** What the broker promises to store, bytes: more than a stream asks for, whatever its disk has. */
const MOST_STORED = 2 ** 31;

/** Where a broker runs: under another command, listening elsewhere, with its store in another folder. */
export interface BrokerPlace {
  under?: string[];
  host?: string;
  store?: string;
}

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
  readonly #where: BrokerPlace;
  #child: ChildProcess | null = null;

  /** @param extra more lines of its configuration, such as users. */
  static async start(extra = '', login = '', where: BrokerPlace = {}): Promise<Broker> {
    const broker = new Broker(await freePort(), extra, login, where);
    await broker.up();
    return broker;
  }

  private constructor(port: number, extra: string, login: string, where: BrokerPlace) {
    this.#port = port;
    this.#extra = extra;
    this.#where = where;
    this.url = `nats://${login}${where.host ?? LOOPBACK}:${port}`;
  }

  /** Starts it, on the store it had before unless that is to be lost. */
  async up(options: { lost?: boolean } = {}): Promise<void> {
    const { host = LOOPBACK, under = [], store = join(this.#folder, 'store') } = this.#where;
    if (options.lost) rmSync(store, { recursive: true, force: true });
    const config = join(this.#folder, 'nats.conf');
    writeFileSync(
      config,
      `listen: "${host}:${this.#port}"\njetstream { store_dir: ${JSON.stringify(store)}, max_file_store: ${MOST_STORED} }\n${this.#extra}\n`,
    );
    const [command, ...words] = [...under, 'nats-server', '-c', config];
    const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
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
