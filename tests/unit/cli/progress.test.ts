import { duration } from '@spatile/coordinator/cli/format';
import { createProgress } from '@spatile/coordinator/cli/progress';
import { describe, expect, test } from 'vitest';
import { RecordingTerminal } from './fake.ts';

const step = { kind: 'step', step: 'assign', label: 'assigning', total: 80, unit: 'tiles' } as const;
const advance = (done: number, transcripts: number) =>
  ({ kind: 'advance', step: 'assign', done, transcripts }) as const;

describe('plain progress', () => {
  test('says each step, at most one line every five seconds within it, and its end', () => {
    const terminal = new RecordingTerminal();
    const progress = createProgress(terminal, false);
    progress.event(step);
    for (let second = 1; second <= 12; second++) {
      terminal.clockMs = second * 1000;
      progress.event(advance(second * 2, second * 50_000));
    }
    progress.event({ kind: 'warning', message: 'tile 7 was split' });
    progress.event({ kind: 'step-end', step: 'assign', seconds: 40 });
    progress.end();
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr.split('\n')).toEqual([
      'assigning (80 tiles)',
      'assigning: 10 of 80 tiles, 50,000 transcripts/s, 35 s left',
      'assigning: 20 of 80 tiles, 50,000 transcripts/s, 30 s left',
      'warning: tile 7 was split',
      'assigning: done in 40 s',
      '',
    ]);
  });

  test('says what is known of a step without a total', () => {
    const terminal = new RecordingTerminal();
    const progress = createProgress(terminal, false);
    progress.event({ kind: 'step', step: 'scan', label: 'reading', total: null, unit: 'transcripts' });
    terminal.clockMs = 6000;
    progress.event({ kind: 'advance', step: 'scan', done: 3_000_000, transcripts: 3_000_000 });
    expect(terminal.stderr).toBe('reading\nreading: 3,000,000 transcripts, 500,000 transcripts/s\n');
  });

  test('shows steps in a row with one label as one', () => {
    const terminal = new RecordingTerminal();
    const progress = createProgress(terminal, false);
    for (const seconds of [0.5, 0.25, 0.25]) {
      progress.event({ kind: 'step', step: 'fit', label: 'fitting', total: 1, unit: 'tiles' });
      progress.event({ kind: 'step-end', step: 'fit', seconds });
    }
    progress.event(step);
    progress.event({ kind: 'step-end', step: 'assign', seconds: 2 });
    progress.end();
    expect(terminal.stderr.split('\n')).toEqual([
      'fitting (1 tile)',
      'fitting: done in 1.0 s',
      'assigning (80 tiles)',
      'assigning: done in 2.0 s',
      '',
    ]);
  });

  test('is silent when quiet', () => {
    const terminal = new RecordingTerminal();
    const progress = createProgress(terminal, true);
    progress.event(step);
    progress.event({ kind: 'warning', message: 'w' });
    progress.end();
    expect(terminal.stderr).toBe('');
  });
});

describe('live bar', () => {
  /** What cli-progress needs of a terminal; keeps what was written. */
  function fakeTty() {
    let text = '';
    const stream = {
      isTTY: true,
      columns: 120,
      write: (part: string) => {
        text += part;
        return true;
      },
      cork: () => {},
      uncork: () => {},
      cursorTo: (_x: number) => true,
      moveCursor: () => true,
      clearLine: () => true,
      on: () => stream,
    };
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
  }

  test('draws the step with its share, rate and time left, and leaves a line when it ends', () => {
    const { stream, text } = fakeTty();
    const terminal = Object.assign(new RecordingTerminal(), { live: stream as never });
    const progress = createProgress(terminal, false);
    progress.event(step);
    terminal.clockMs = 10_000;
    progress.event(advance(40, 400_000));
    progress.event({ kind: 'step-end', step: 'assign', seconds: 20 });
    progress.end();
    expect(text()).toContain('assigning');
    expect(text()).toContain('0 of 80 tiles');
    expect(text()).toContain('40 of 80 tiles, 40,000 transcripts/s, 10 s left');
    expect(terminal.stderr).toBe('assigning: done in 20 s\n');
  });
});

test.each([
  [0.44, '0.4 s'],
  [59.7, '1 min 0 s'],
  [12, '12 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d seconds read as %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
