import { appendFile, readFile } from 'node:fs/promises';
import type { Work } from '@spatile/formats/tile/work';
import type { RunStore } from './store.ts';
import { storageError } from './store.ts';

/** One line of `events.ndjson`: how long what took. Never read to decide anything about the result. */
export type RunLogEvent =
  | {
      type: 'task';
      round: string;
      tile: string;
      attempt: number;
      seconds: number;
      cpuSeconds: number;
      peakRssBytes: number;
      transcripts: number;
      work: Work;
    }
  | {
      type: 'step';
      step: string;
      seconds: number;
      coordinatorRssBytes: number;
      /** Processor time of the coordinator up to the end of the step. */
      coordinatorCpuSeconds?: number;
    }
  | { type: 'worker-lost'; round: string; reason: string }
  /** A task that failed for good. */
  | { type: 'dead-letter'; round: string; tile: string; attempts: number; code: string; message: string }
  | { type: 'plan-revised'; revision: number; round: string; tile: string; message: string }
  | { type: 'resumed' }
  | { type: 'finished' };

const FILE = 'events.ndjson';

/** Appends to the run's log of events, each with its wall time. */
export async function logEvent(store: RunStore, event: RunLogEvent): Promise<void> {
  const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
  await store.append(FILE, line).catch((cause) => {
    throw storageError(cause, FILE);
  });
}

/** Appends that the run goes on; a line that was cut short by a crash ends before it. */
export async function logResumed(store: RunStore): Promise<void> {
  const text = await readFile(store.path(FILE), 'utf8').catch(() => '');
  if (text !== '' && !text.endsWith('\n')) await appendFile(store.path(FILE), '\n');
  await logEvent(store, { type: 'resumed' });
}

/** Appends how long a step took that began at `startedMs` of `performance.now()`, with the coordinator's memory at its end. */
export async function logStep(store: RunStore, step: string, startedMs: number): Promise<void> {
  await logSeconds(store, step, (performance.now() - startedMs) / 1000);
}

/** Appends how long a step took, with the coordinator's memory now. */
export async function logSeconds(store: RunStore, step: string, seconds: number): Promise<void> {
  const { user, system } = process.cpuUsage();
  await logEvent(store, {
    type: 'step',
    step,
    seconds,
    coordinatorRssBytes: process.memoryUsage.rss(),
    coordinatorCpuSeconds: (user + system) / 1e6,
  });
}

/** All events of a run directory; a torn last line (the coordinator died while writing) is left out. */
export async function readEvents(store: RunStore): Promise<(RunLogEvent & { time: string })[]> {
  const text = await readFile(store.path(FILE), 'utf8').catch(() => '');
  const events: (RunLogEvent & { time: string })[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      events.push(JSON.parse(line));
    } catch {
      // A line cut short by a crash carries no information that the results do not.
    }
  }
  return events;
}
