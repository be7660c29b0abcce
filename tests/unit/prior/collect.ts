import type { PriorOutline, PriorSource } from '@spatile/formats/bundle/slide';
import { ringBounds, signedRingArea } from '@spatile/formats/geometry/ring';

/** All outlines of one pass. */
export async function collect(prior: PriorSource): Promise<PriorOutline[]> {
  const outlines: PriorOutline[] = [];
  for await (const outline of prior.outlines()) outlines.push(outline);
  return outlines;
}

export const codesOf = (prior: PriorSource): string[] => prior.findings.map(({ code }) => code);

export const boundsOf = (outlines: PriorOutline[]) => ringBounds(outlines.flatMap(({ rings }) => rings))!;

export const areaOf = ({ rings }: PriorOutline): number =>
  Math.abs(rings.reduce((sum, ring) => sum + signedRingArea(ring), 0));

/** Whether every ring is closed, finite and has at least four points. */
export const allUsable = (outlines: PriorOutline[]): boolean =>
  outlines.every(({ rings }) =>
    rings.every(
      (ring) =>
        ring.length >= 8 &&
        ring.every(Number.isFinite) &&
        ring[0] === ring[ring.length - 2] &&
        ring[1] === ring[ring.length - 1],
    ),
  );
