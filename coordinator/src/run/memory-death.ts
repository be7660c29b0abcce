import { MAX_ATTEMPTS } from './advance.ts';

/**
 * Whether a task failed because its worker ran out of memory.
 * @param fields of the error: `memory` where there is a sign of it for one death, `outOfMemory` where it was found out for all.
 */
export function isMemoryDeath(code: string, fields: Readonly<Record<string, unknown>>): boolean {
  if (code === 'MEMORY_LIMIT' || fields.outOfMemory === true) return true;
  return code === 'WORKER_LOST' && fields.memory === true;
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
