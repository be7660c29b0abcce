import { MAX_ATTEMPTS } from './advance.ts';

/** How a process ends that the kernel (9) or V8 (6) ended for its memory, as Node.js and shells say it. */
const REASONS = /signal SIG(KILL|ABRT)|exit code 13[47]/;

/**
 * Whether a task failed because its worker ran out of memory, as far as can be seen from outside: a kernel that is out of
 * memory kills without a word.
 * @param fields of the error: `reason` of a death, or `outOfMemory` where it was found out before.
 */
export function isMemoryDeath(code: string, fields: Readonly<Record<string, unknown>>): boolean {
  if (code === 'MEMORY_LIMIT' || fields.outOfMemory === true) return true;
  return code === 'WORKER_LOST' && typeof fields.reason === 'string' && REASONS.test(fields.reason);
}

/** How often workers ran out of memory on each task of a round. */
export class MemoryDeaths {
  readonly #counts = new Map<string, number>();

  /** A task failed, or its worker died; nothing is noted where no task was held. */
  note(task: string | undefined, code: string, fields: Readonly<Record<string, unknown>>): void {
    if (task === undefined || !isMemoryDeath(code, fields)) return;
    const { outOfMemory } = fields;
    this.#counts.set(task, outOfMemory === true ? MAX_ATTEMPTS : (this.#counts.get(task) ?? 0) + 1);
  }

  /** Whether memory is the reason why a task failed for good. */
  explain(task: string): boolean {
    return (this.#counts.get(task) ?? 0) >= MAX_ATTEMPTS;
  }

  /** Another round begins. */
  clear(): void {
    this.#counts.clear();
  }
}
