import { Presets, SingleBar } from 'cli-progress';
import type { ProgressEvent } from '../api.ts';
import { amount, count, duration } from './format.ts';
import type { Terminal } from './terminal.ts';

/** Plain lines come at most this often within a step. */
const PLAIN_INTERVAL_MS = 5000;

export interface Progress {
  event(event: ProgressEvent): void;
  /** Takes the bar off the screen; call before anything else is printed. */
  end(): void;
}

/** One step as far as it is known. */
interface Step {
  label: string;
  unit: string;
  total: number | null;
  done: number;
  transcripts: number;
  startedMs: number;
}

/**
 * Shows progress on standard error: a live bar on a terminal, plain lines elsewhere, nothing (but warnings are kept for the
 * summary) when quiet.
 */
export function createProgress(terminal: Terminal, quiet: boolean): Progress {
  if (quiet) return { event: () => {}, end: () => {} };
  return terminal.live ? liveBar(terminal, terminal.live) : plainLines(terminal);
}

function begin(event: Extract<ProgressEvent, { kind: 'step' }>, terminal: Terminal): Step {
  return {
    label: event.label,
    unit: event.unit ?? '',
    total: event.total,
    done: 0,
    transcripts: 0,
    startedMs: terminal.now(),
  };
}

/** `segmented 12 of 80 tiles, 41,000 transcripts/s, 1 min 5 s left`, leaving out what is not known. */
export function describeStep(step: Step, nowMs: number): string {
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

function plainLines(terminal: Terminal): Progress {
  let step: Step | null = null;
  let lastMs = 0;
  const line = (text: string) => {
    terminal.err(`${text}\n`);
    lastMs = terminal.now();
  };
  return {
    event(event) {
      if (event.kind === 'step') {
        step = begin(event, terminal);
        const total = event.total === null ? '' : ` (${amount(event.total, event.unit ?? '')})`;
        line(`${event.label}${total}`);
      } else if (event.kind === 'advance' && step) {
        step.done = event.done;
        step.transcripts = event.transcripts;
        if (terminal.now() - lastMs >= PLAIN_INTERVAL_MS)
          line(`${step.label}: ${describeStep(step, terminal.now())}`);
      } else if (event.kind === 'step-end' && step) {
        line(`${step.label}: done in ${duration(event.seconds)}`);
        step = null;
      } else if (event.kind === 'warning') {
        line(`warning: ${event.message}`);
      }
    },
    end: () => {},
  };
}

function liveBar(terminal: Terminal, stream: NodeJS.WriteStream): Progress {
  let step: Step | null = null;
  let bar: SingleBar | null = null;
  const stop = () => {
    bar?.stop();
    bar = null;
  };
  const start = (shown: Step) => {
    bar = newBar(stream, () => describeStep(shown, terminal.now()));
    bar.start(shown.total ?? 0, shown.done, { label: shown.label });
  };
  // The bar remembers where it began, so nothing may be printed while it is on the screen.
  const line = (text: string) => {
    stop();
    terminal.err(`${text}\n`);
  };
  return {
    event(event) {
      if (event.kind === 'step') {
        stop();
        step = begin(event, terminal);
        start(step);
      } else if (event.kind === 'advance' && step) {
        step.done = event.done;
        step.transcripts = event.transcripts;
        bar?.update(event.done);
      } else if (event.kind === 'step-end' && step) {
        line(`${step.label}: done in ${duration(event.seconds)}`);
        step = null;
      } else if (event.kind === 'warning') {
        line(`warning: ${event.message}`);
        if (step) start(step);
      }
    },
    end: stop,
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
        const filled = params.total > 0 ? Math.round(params.progress * (options.barsize ?? 24)) : 0;
        const drawn = '█'.repeat(filled) + '░'.repeat((options.barsize ?? 24) - filled);
        return `${payload.label} ${params.total > 0 ? `${drawn} ` : ''}${describe()}`;
      },
    },
    Presets.shades_classic,
  );
}
