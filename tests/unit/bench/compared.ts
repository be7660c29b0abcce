import type { CaseResult } from '../../../bench/results.ts';
import { spread } from '../../../bench/statistics.ts';

interface Given {
  competitor: string;
  seed?: number;
  preset?: string;
  aimed?: number;
  genes?: number;
  digest?: string;
  exit?: string;
  scores?: Record<string, number>;
  used?: Record<string, number>;
  threads?: number;
  complaint?: string;
}

/** A result of the comparison as the bench stores it. */
export function compared(given: Given): CaseResult {
  const { competitor, seed = 1, preset = 'default', aimed = 1e5, genes = 300, exit = 'done' } = given;
  const kind = `${preset}-${aimed}-${genes}`;
  return {
    key: `${kind}-seed${seed}-${competitor}`,
    label: `${competitor}, ${kind}`,
    settings: {
      ...{ competitor, kind, preset, transcripts: aimed, genes, seed, threads: given.threads ?? 2 },
      ...{ limitSeconds: 900, limitBytes: 2 ** 34 },
    },
    commit: 'abc',
    build: 'build',
    machine: { cpu: 'a processor', cores: 2, memoryGiB: 24, node: 'v20', platform: 'linux x64' },
    measured: Object.fromEntries(
      Object.entries({ wallSeconds: 10, cpuSeconds: 20, peakBytes: 2 ** 28, ...given.used }).map(
        ([name, value]) => [name, spread([value])],
      ),
    ),
    quality: { exit, judged: exit === 'done', transcripts: aimed, ...given.scores },
    digest: given.digest ?? `${kind}-${seed}`,
    details: {
      version: `${competitor} 1`,
      complaint: given.complaint ?? '',
      conservation: null,
      border: null,
      steps: null,
    },
  };
}

/** spatile and Proseg on three seeds, with these F1 scores. */
export const f1s = (preset: string, ours: number[], theirs: number[]): CaseResult[] =>
  ours.flatMap((f1, k) => [
    compared({ competitor: 'spatile', preset, seed: k + 1, scores: { f1 } }),
    compared({ competitor: 'proseg', preset, seed: k + 1, scores: { f1: theirs[k] } }),
  ]);
