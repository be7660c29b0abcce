import { Presets, SingleBar } from 'cli-progress';
import type { ProgressEvent, TaskEvent } from '../api.ts';
import { amount, count, duration } from './format.ts';
import type { Terminal } from './terminal.ts';

/** Plain lines come at most this often within a step. */
const PLAIN_INTERVAL_MS = 5000;

export interface Progress {
  event(event: ProgressEvent): void;
  /** Finishes what is on the screen; call before anything else is printed. */
  end(): void;
}

/** Every event as one line of JSON on standard error, those of single tasks included, for programs that watch. */
export function jsonProgress(terminal: Terminal): Progress & { task: (event: TaskEvent) => void } {
  const say = (event: ProgressEvent | TaskEvent): void => terminal.err(`${JSON.stringify(event)}\n`);
  return { event: say, task: say, end: () => {} };
}

/** One step as far as it is known. */
interface Step {
  label: string;
  unit: string;
  total: number | null;
  done: number;
  transcripts: number;
  startedMs: number;
  /** Time of earlier steps with the same label, which are shown as one with this. */
  earlierSeconds: number;
}

/** How a step is shown while it goes on. */
interface Display {
  begin(step: Step, again: boolean): void;
  update(step: Step): void;
  /** Takes the step off the screen so that a line can be printed. */
  clear(): void;
  line(text: string): void;
}

/**
 * Shows progress on standard error: a live bar on a terminal, plain lines elsewhere, nothing when quiet. Steps in a row with
 * one label (blocks of a fit) are shown as one.
 */
export function createProgress(terminal: Terminal, quiet: boolean): Progress {
  if (quiet) return { event: () => {}, end: () => {} };
  const display = terminal.live ? liveBar(terminal, terminal.live) : plainLines(terminal);
  let step: Step | null = null;
  let ended: { label: string; seconds: number } | null = null;
  const sayEnded = () => {
    if (ended) display.line(`${ended.label}: done in ${duration(ended.seconds)}`);
    ended = null;
  };
  return {
    event(event) {
      if (event.kind === 'step') {
        const again = ended?.label === event.label;
        const earlierSeconds = again && ended ? ended.seconds : 0;
        if (again) ended = null;
        else sayEnded();
        const { label, total, unit } = event;
        step = {
          label,
          total,
          unit: unit ?? '',
          done: 0,
          transcripts: 0,
          startedMs: terminal.now(),
          earlierSeconds,
        };
        display.begin(step, again);
      } else if (event.kind === 'advance' && step) {
        step.done = event.done;
        step.transcripts = event.transcripts;
        display.update(step);
      } else if (event.kind === 'step-end' && step) {
        display.clear();
        ended = { label: step.label, seconds: step.earlierSeconds + event.seconds };
        step = null;
      } else if (event.kind === 'warning') {
        display.clear();
        display.line(`warning: ${event.message}`);
        if (step) display.begin(step, true);
      }
    },
    end() {
      display.clear();
      sayEnded();
    },
  };
}

/** `12 of 80 tiles, 41,000 transcripts/s, 1 min 5 s left`, leaving out what is not known. */
function describeStep(step: Step, nowMs: number): string {
  const seconds = (nowMs - step.startedMs) / 1000;
  const parts: string[] = [];
  if (step.total !== null) parts.push(`${count(step.done)} of ${amount(step.total, step.unit)}`);
  else if (step.done > 0) parts.push(amount(step.done, step.unit));
  if (step.transcripts > 0 && seconds >= 1) parts.push(`${count(step.transcripts / seconds)} transcripts/s`);
  if (step.total !== null && step.done > 0 && step.done < step.total && seconds >= 2) {
    parts.push(`${duration((seconds * (step.total - step.done)) / step.done)} left`);
  }
  return parts.join(', ');
}

function plainLines(terminal: Terminal): Display {
  let lastMs = 0;
  const line = (text: string) => {
    terminal.err(`${text}\n`);
    lastMs = terminal.now();
  };
  return {
    begin(step, again) {
      if (!again) line(step.total === null ? step.label : `${step.label} (${amount(step.total, step.unit)})`);
    },
    update(step) {
      const nowMs = terminal.now();
      if (nowMs - lastMs >= PLAIN_INTERVAL_MS) line(`${step.label}: ${describeStep(step, nowMs)}`);
    },
    clear: () => {},
    line,
  };
}

/** The bar remembers where on the screen it began, so nothing may be printed while it is there: `clear` comes first. */
function liveBar(terminal: Terminal, stream: NodeJS.WriteStream): Display {
  let bar: SingleBar | null = null;
  const clear = () => {
    bar?.stop();
    bar = null;
  };
  return {
    begin(step) {
      clear();
      bar = newBar(stream, () => describeStep(step, terminal.now()));
      bar.start(step.total ?? 0, step.done, { label: step.label });
    },
    update: (step) => bar?.update(step.done),
    clear,
    line: (text) => terminal.err(`${text}\n`),
  };
}

function newBar(stream: NodeJS.WriteStream, describe: () => string): SingleBar {
  return new SingleBar(
    {
      stream,
      clearOnComplete: true,
      hideCursor: true,
      fps: 4,
      // Ctrl-C is ours: the run stops in an orderly way and says how to go on.
      gracefulExit: false,
      barsize: 24,
      format: (options, params, payload: { label: string }) => {
        const size = options.barsize ?? 24;
        const filled = params.total > 0 ? Math.round(params.progress * size) : 0;
        const drawn = params.total > 0 ? `${'█'.repeat(filled)}${'░'.repeat(size - filled)} ` : '';
        return `${payload.label} ${drawn}${describe()}`;
      },
    },
    Presets.shades_classic,
  );
}
