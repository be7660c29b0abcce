import { type ChildProcess, spawn } from 'node:child_process';

/** The built program, started as a user would, a few commands at a time. */
export class Program {
  readonly #entry: string;
  readonly #running = new Set<ChildProcess>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #closed = false;

  /** @param entry its main file; @param atOnce commands that may run side by side. */
  constructor(entry: string, atOnce: number) {
    this.#entry = entry;
    this.#free = atOnce;
  }

  /** Runs one command and gives what it printed. Throws with its last line when it fails. */
  async command(words: readonly string[]): Promise<string> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
    try {
      return await this.#start(words);
    } finally {
      this.#free++;
      // The latest first, so that a run is judged, and its files are gone, before the next one begins.
      this.#waiting.pop()?.();
    }
  }

  /** Ends what runs and starts nothing more. */
  close(): void {
    this.#closed = true;
    for (const child of this.#running) child.kill('SIGTERM');
  }

  #start(words: readonly string[]): Promise<string> {
    if (this.#closed) return Promise.reject(new Error('gate: stopped'));
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [this.#entry, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      this.#running.add(child);
      const [printed, complaints]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (bytes: Buffer) => printed.push(bytes));
      child.stderr.on('data', (bytes: Buffer) => complaints.push(bytes));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        this.#running.delete(child);
        if (code === 0) return resolve(Buffer.concat(printed).toString());
        const last = Buffer.concat(complaints).toString().trim().split('\n').at(-1);
        reject(
          new Error(
            `gate: spatile ${words.slice(0, 2).join(' ')}: ${signal ?? `exit code ${code}`}: ${last}`,
          ),
        );
      });
    });
  }
}
