/** Cells of a task. Part of what a result is: workers see no other cut. */
export const BLOCK_CELLS = 1024;

/** Weight of the task of a block: all alike, so that they go in order of their rows and each chunk of counts is read once. */
export const BLOCK_WEIGHT = 1;

export interface Block {
  id: string;
  /** Rows [from, to) of the table. */
  from: number;
  to: number;
}

/** The rows of a table in blocks. */
export function blocksOf(cells: number): Block[] {
  return Array.from({ length: Math.ceil(cells / BLOCK_CELLS) }, (_, b) => blockAt(b, cells));
}

/** Block number b of so many cells. */
export const blockAt = (b: number, cells: number): Block => ({
  id: `cells-${String(b).padStart(5, '0')}`,
  from: b * BLOCK_CELLS,
  to: Math.min(cells, (b + 1) * BLOCK_CELLS),
});

/** Number of the block that holds a row. */
export const blockOf = (row: number): number => Math.floor(row / BLOCK_CELLS);
