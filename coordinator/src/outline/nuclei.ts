import type { OutlineTile } from '@spatile/formats/tile/outline';
import type { SlideContext } from '../run/slide.ts';

/** The nuclei of some cells of a slide, as tables. */
export function nucleiOf(
  { cells }: SlideContext,
  numbers: Uint32Array,
): Required<Pick<OutlineTile, 'nuclei' | 'nucleusVertices'>> {
  const cell: number[] = [];
  const start: number[] = [];
  const count: number[] = [];
  const rings: Float64Array[] = [];
  let vertices = 0;
  for (const number of numbers) {
    for (const ring of cells.nucleus[number - 1]) {
      cell.push(number);
      start.push(vertices);
      count.push(ring.length / 2);
      rings.push(ring);
      vertices += ring.length / 2;
    }
  }
  const x = new Float64Array(vertices);
  const y = new Float64Array(vertices);
  rings.forEach((ring, r) => {
    for (let v = 0; v < ring.length; v += 2) {
      x[start[r] + v / 2] = ring[v];
      y[start[r] + v / 2] = ring[v + 1];
    }
  });
  return {
    nuclei: {
      cell: Uint32Array.from(cell),
      start: Uint32Array.from(start),
      count: Uint32Array.from(count),
    },
    nucleusVertices: { x, y },
  };
}
