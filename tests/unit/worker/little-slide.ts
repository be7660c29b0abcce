import { growRect, type RectUm, rectContains, rectsIntersect } from '@spatile/formats/space';
import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';

/** A slide small enough to write down, and its tiles as the coordinator would cut them. */

export interface LittleCell {
  nuclei?: [number, number][][];
  outline?: [number, number][][];
  seed: [number, number];
}

export interface LittleTranscript {
  x: number;
  y: number;
  prior?: number;
  nuclear?: number;
}

export interface LittleSlide {
  cells: LittleCell[];
  transcripts: LittleTranscript[];
  originUm?: [number, number];
}

export const square = (x0: number, y0: number, x1: number, y1: number): [number, number][] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
  [x0, y0],
];

const bounds = (rings: [number, number][][]): RectUm => {
  const points = rings.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
};

/** The assign tile of a core: cells 1..n of the slide that touch core and halo, transcripts observed there. */
export function tileOf(slide: LittleSlide, core: RectUm, haloUm: number): AssignTile {
  const region = growRect(core, haloUm);
  const numbers = slide.cells
    .map((_, c) => c + 1)
    .filter((number) => {
      const { nuclei = [], outline = [], seed } = slide.cells[number - 1];
      const rings = [...nuclei, ...outline];
      return rectContains(region, ...seed) || (rings.length > 0 && rectsIntersect(region, bounds(rings)));
    });
  const rings: { cell: number; kind: number; ring: [number, number][] }[] = numbers.flatMap((cell) => [
    ...(slide.cells[cell - 1].nuclei ?? []).map((ring) => ({ cell, kind: OUTLINE_NUCLEUS, ring })),
    ...(slide.cells[cell - 1].outline ?? []).map((ring) => ({ cell, kind: OUTLINE_CELL, ring })),
  ]);
  let at = 0;
  const starts = rings.map(({ ring }) => {
    at += ring.length;
    return at - ring.length;
  });
  const vertices = rings.flatMap(({ ring }) => ring);
  const rows = slide.transcripts
    .map((_, i) => i)
    .filter((i) =>
      rectContains(region, Math.fround(slide.transcripts[i].x), Math.fround(slide.transcripts[i].y)),
    );
  const pick = (value: (t: LittleTranscript) => number): number[] =>
    rows.map((i) => value(slide.transcripts[i]));
  return {
    meta: {
      tile: 'little',
      core,
      region,
      gridOriginUm: slide.originUm ?? [0, 0],
      seed: 0,
      genes: 1,
      hasZ: false,
    },
    transcripts: {
      row: Uint32Array.from(rows),
      x: Float32Array.from(pick((t) => t.x)),
      y: Float32Array.from(pick((t) => t.y)),
      z: new Float32Array(rows.length),
      gene: new Uint32Array(rows.length),
      prior: Uint32Array.from(pick((t) => t.prior ?? 0)),
      nuclear: Uint8Array.from(pick((t) => t.nuclear ?? 0)),
    },
    cells: {
      cell: Uint32Array.from(numbers),
      seedX: Float64Array.from(numbers, (n) => slide.cells[n - 1].seed[0]),
      seedY: Float64Array.from(numbers, (n) => slide.cells[n - 1].seed[1]),
      owned: Uint8Array.from(numbers, (n) => (rectContains(core, ...slide.cells[n - 1].seed) ? 1 : 0)),
    },
    rings: {
      cell: Uint32Array.from(rings, ({ cell }) => cell),
      kind: Uint8Array.from(rings, ({ kind }) => kind),
      start: Uint32Array.from(starts),
      count: Uint32Array.from(rings, ({ ring }) => ring.length),
    },
    vertices: { x: Float64Array.from(vertices, ([x]) => x), y: Float64Array.from(vertices, ([, y]) => y) },
  };
}

export const context = { progress: (): void => undefined, count: (): void => undefined };

/** One transcript in the middle of every pixel of a rectangle. */
export function everyPixel(rect: RectUm, sizeUm: number): LittleTranscript[] {
  const out: LittleTranscript[] = [];
  for (let y = rect.y0 + sizeUm / 2; y < rect.y1; y += sizeUm) {
    for (let x = rect.x0 + sizeUm / 2; x < rect.x1; x += sizeUm) out.push({ x, y });
  }
  return out;
}
