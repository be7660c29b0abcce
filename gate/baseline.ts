import { readFileSync, writeFileSync } from 'node:fs';
import type { GateCase } from './case.ts';

/** Scores by name; only those that a number was found for. */
export type Scores = Record<string, number>;

/** What the case gave: compared when checked, stored when accepted. */
export interface Measured {
  /** SHA-256 over all files of each slide's bundle and truth. */
  slides: Record<string, string>;
  /** By method and slide: mean over the seeds. */
  accuracy: Record<string, Record<string, Scores>>;
  /** By method: counted work of all slides and seeds together. */
  work: Record<string, Record<string, number>>;
}

/** Standard deviation of the scores of one run between seeds of the run, within slides; by method. */
export interface Noise {
  how: string;
  commit: string;
  sd: Record<string, Scores>;
}

export interface Baseline extends Measured {
  version: 1;
  /** Why these numbers are the ones to hold, and on which commit they were taken. */
  reason: string;
  commit: string;
  case: GateCase;
  noise: Noise;
}

/** The stored baseline; null when there is none. */
export function readBaseline(path: string): Baseline | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Baseline;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function writeBaseline(path: string, baseline: Baseline): void {
  writeFileSync(path, `${JSON.stringify(baseline, null, 2)}\n`);
}
