import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BenchCase, CaseOutcome } from './bench.ts';
import { commit, type Machine } from './machine.ts';

/** One measured case, with all it takes to read it. */
export interface CaseResult extends CaseOutcome {
  key: string;
  label: string;
  settings: BenchCase['settings'];
  commit: string;
  build: string;
  machine: Machine;
}

/** `bench/results/<name>.json`: rewritten after every case, so that nothing measured is lost. */
export class ResultFile {
  readonly #path: string | null;
  readonly #cases: Map<string, CaseResult>;
  readonly #order: string[];
  /** That of the beginning, since what is measured is a copy of the program made then. */
  readonly #commit = commit();

  /** Without a folder the results are forgotten at the end. */
  constructor(folder: string | null, name: string, keys: readonly string[]) {
    this.#path = folder === null ? null : join(folder, `${name}.json`);
    const stored = folder === null ? [] : readResults(folder, name);
    this.#cases = new Map(stored.map((result) => [result.key, result]));
    // Other sizes than those asked for now stay.
    this.#order = [...new Set([...this.#cases.keys(), ...keys])];
  }

  /** All results so far in the order of the bench. */
  get cases(): CaseResult[] {
    return this.#order.flatMap((key) => this.#cases.get(key) ?? []);
  }

  /** Whether the case was measured before with this build, these settings and this machine. */
  isCurrent({ key, settings }: BenchCase, build: string, on: Machine): boolean {
    const stored = this.#cases.get(key);
    return (
      stored !== undefined &&
      stored.build === build &&
      JSON.stringify([stored.settings, stored.machine]) === JSON.stringify([settings, on])
    );
  }

  put(made: BenchCase, outcome: CaseOutcome, build: string, on: Machine): void {
    const { key, label, settings } = made;
    this.#cases.set(key, { key, label, settings, commit: this.#commit, build, machine: on, ...outcome });
    if (this.#path === null) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.partial`, `${JSON.stringify({ cases: this.cases }, null, 1)}\n`);
    renameSync(`${this.#path}.partial`, this.#path);
  }
}

/** The stored results of a bench; none when it has not run. */
export function readResults(folder: string, name: string): CaseResult[] {
  try {
    return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).cases;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
