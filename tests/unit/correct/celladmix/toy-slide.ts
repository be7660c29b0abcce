import { RandomStream } from '@spatile/random/stream';
import type { Molecule, ToyCell } from './drive.ts';

export const TOY_GENES = 30;
/** Genes 0..9 are made by type a, 10..19 by type b, 20..29 by both. */
const OWN: Record<string, number> = { a: 0, b: 10 };
const SPACING = 12;
const RADIUS = 5;

/** A cell full of molecules of its type, each gene as often, and a fourth of them of the common genes. */
export function plainCell(type: string, x: number, y: number, n: number, stream: RandomStream): ToyCell {
  const molecules = Array.from({ length: n }, (): Molecule => {
    const isCommon = stream.integer(4) === 0;
    return { gene: (isCommon ? 20 : OWN[type]) + stream.integer(10), ...inDisc(x, y, stream) };
  });
  return { type, x, y, molecules };
}

function inDisc(x: number, y: number, stream: RandomStream): { x: number; y: number; z: number } {
  for (;;) {
    const [dx, dy] = [2 * stream.uniform() - 1, 2 * stream.uniform() - 1];
    if (dx * dx + dy * dy <= 1) return { x: x + RADIUS * dx, y: y + RADIUS * dy, z: 2 * stream.uniform() };
  }
}

/**
 * Stripes of cells of two types, three columns wide. Cells of type a beside one of type b hold `planted` molecules of b's genes
 * in a crescent at that side; these are the last molecules of their cell.
 */
export function stripes(side: number, planted: number, seed: number): ToyCell[] {
  const stream = new RandomStream(seed, 'test.stripes');
  const cells: ToyCell[] = [];
  const typeAt = (column: number): string => (Math.floor(column / 3) % 2 === 0 ? 'a' : 'b');
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [x, y] = [column * SPACING, row * SPACING];
      const cell = plainCell(typeAt(column), x, y, 80, stream);
      cells.push(cell);
      for (const step of [-1, 1]) {
        const beside = column + step;
        if (beside < 0 || beside >= side || cell.type !== 'a' || typeAt(beside) !== 'b') continue;
        for (let i = 0; i < planted; i++)
          cell.molecules.push({
            gene: 10 + stream.integer(10),
            x: x + step * (RADIUS - 1 + 1.5 * stream.uniform()),
            y: y + 6 * stream.uniform() - 3,
            z: 2 * stream.uniform(),
          });
      }
    }
  }
  return cells;
}
