import type { Instances } from '../method.ts';

/**
 * Gives pixels that are enclosed by one instance to it (background only; 4-connected background touching two instances or
 * the edge stays). Changes the labels in place.
 */
export function fillHoles({ rows, columns, labels }: Instances): void {
  const seen = new Uint8Array(labels.length);
  const stack: number[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] !== 0 || seen[start] === 1) continue;
    const region: number[] = [start];
    let around = 0;
    let open = false;
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      const row = Math.floor(at / columns);
      const column = at - row * columns;
      if (row === 0 || column === 0 || row === rows - 1 || column === columns - 1) open = true;
      for (const next of [
        row > 0 ? at - columns : -1,
        row < rows - 1 ? at + columns : -1,
        column > 0 ? at - 1 : -1,
        column < columns - 1 ? at + 1 : -1,
      ]) {
        if (next < 0) continue;
        if (labels[next] !== 0) {
          if (around === 0) around = labels[next];
          else if (around !== labels[next]) open = true;
        } else if (seen[next] === 0) {
          seen[next] = 1;
          stack.push(next);
          region.push(next);
        }
      }
    }
    if (!open && around !== 0) for (const at of region) labels[at] = around;
  }
}
