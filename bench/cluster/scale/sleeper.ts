import { decodeFrame } from '@spatile/formats/tile/frame';
import type { Kernel, Outcome } from '@spatile/worker/cluster/kernel-process';
import type { Simulated } from './tasks.ts';

/** Progress is told so often, milliseconds. */
const PROGRESS_MS = 1000;

/** Instead of the process that computes: sleeps for as long as a task takes and gives as many bytes as its result has. */
export class Sleeper implements Kernel {
  readonly pid = null;
  #wake: (() => void) | null = null;

  warmUp(): void {}

  async compute(
    task: string,
    _: string,
    bytes: Uint8Array,
    progress: (fraction: number) => void,
  ): Promise<Outcome> {
    const { seconds, resultBytes } = decodeFrame(bytes, 'simulated', task).meta as unknown as Simulated;
    const started = performance.now();
    const telling = setInterval(
      () => progress(Math.min(1, (performance.now() - started) / (1000 * seconds))),
      PROGRESS_MS,
    );
    const whole = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 1000 * seconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    clearInterval(telling);
    if (!whole) return { type: 'died', reason: 'killed', outOfMemory: false };
    return {
      ...({ type: 'done', task, attempt: 1, seconds, cpuSeconds: seconds, peakRssBytes: 1 } as const),
      ...{ bytes: new Uint8Array(resultBytes), work: {} },
    };
  }

  kill(): void {
    this.#wake?.();
  }
}
