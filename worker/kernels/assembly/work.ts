/**
 * Counts of what the kernels do, since `clearWork`: the same on every machine, so that a change that does more shows without
 * a clock. i64[WORK_KINDS] in the module's own memory; `bind.ts` lists the same names in the same order (a test compares them).
 */
export const LABEL_PROPOSALS: usize = 0;
export const LABELS_WEIGHED: usize = 1;
export const LABEL_TERMS: usize = 2;
export const LABELS_ACCEPTED: usize = 3;
export const PLACE_PROPOSALS: usize = 4;
export const PLACES_ACCEPTED: usize = 5;
export const RATES_REFRESHED: usize = 6;
export const MULTIPLY_ADDS: usize = 7;
export const FOREGROUND_DRAWS: usize = 8;
export const FACTOR_STEPS: usize = 9;
export const COMPONENT_TERMS: usize = 10;
export const LOADING_DRAWS: usize = 11;
export const STATISTIC_DRAWS: usize = 12;
export const STREAM_BLOCKS: usize = 13;
export const RECORDS: usize = 14;
export const VOXELS_SCANNED: usize = 15;
export const TRANSCRIPTS_SORTED: usize = 16;

const WORK_KINDS: usize = 17;
const COUNTS: usize = memory.data(136, 8);

// @ts-ignore: decorator
@inline
export function countWork(kind: usize, n: i64): void {
  store<i64>(COUNTS + (kind << 3), load<i64>(COUNTS + (kind << 3)) + n);
}

/** Address of the counts. */
export function workStart(): usize {
  return COUNTS;
}

export function clearWork(): void {
  memory.fill(COUNTS, 0, WORK_KINDS << 3);
}
