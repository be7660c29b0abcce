/**
 * Waits for work that goes on side by side to its end, also when a part of it fails: nothing may write into a store that is
 * being removed. Throws what failed first in the order given.
 */
export async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
