/** Position of a cell number in an ascending column, -1 when it is not there. */
export function indexOfCell(cells: Uint32Array, cell: number): number {
  let low = 0;
  let high = cells.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (cells[middle] === cell) return middle;
    if (cells[middle] < cell) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
