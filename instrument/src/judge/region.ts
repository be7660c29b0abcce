/** Where to look: everywhere, or inside or outside the band along tile borders. */
export type Region = 'all' | 'border' | 'interior';

/** Counts over all transcripts and over those born near a tile border. */
export interface Counts {
  all: Uint32Array;
  border: Uint32Array;
}

export function countIn(counts: Counts, i: number, region: Region): number {
  if (region === 'all') return counts.all[i];
  return region === 'border' ? counts.border[i] : counts.all[i] - counts.border[i];
}

/** Whether a cell with these counts of transcripts belongs to a region: it has any, and at least half lie there. */
export function isCellIn(counts: Counts, i: number, region: Region): boolean {
  if (counts.all[i] === 0) return false;
  return region === 'all' || 2 * counts.border[i] >= counts.all[i] === (region === 'border');
}

/** Whether what lies near a border (1) or not (0) belongs to a region. */
export function isFlagIn(isBorder: number, region: Region): boolean {
  return region === 'all' || (isBorder === 1) === (region === 'border');
}
