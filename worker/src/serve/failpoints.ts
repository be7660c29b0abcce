import { dieAt, reached } from '@spatile/formats/failpoint';

/** How long a task is held up, and in how many steps, milliseconds. */
const SLOW_MS = 20_000;
const SLOW_STEP_MS = 100;
/** Numbers that are taken at a time until memory runs out. */
const BLOCK = 2 ** 20;

/**
 * Misbehaves at the start of a task where a test has asked for it (`failpoint.ts`); does nothing otherwise.
 * @param progress says that the task goes on, as of one that is slow.
 */
export async function failAt(task: string, progress: (fraction: number) => void): Promise<void> {
  dieAt('kernel.die', task);
  if (reached('kernel.crash', task)) process.kill(process.pid, 'SIGSEGV');
  if (reached('kernel.hang', task)) await new Promise(() => undefined);
  if (reached('kernel.memory', task)) exhaust();
  if (reached('kernel.slow', task)) {
    for (let waited = 0; waited < SLOW_MS; waited += SLOW_STEP_MS) {
      await new Promise((resolve) => setTimeout(resolve, SLOW_STEP_MS));
      progress((0.1 * waited) / SLOW_MS);
    }
  }
}

/** Fills the heap with numbers that are in use, until V8 ends the process. */
function exhaust(): never {
  const held: number[][] = [];
  for (;;) held.push(new Array<number>(BLOCK).fill(held.length + 0.5));
}
