import { type Cover, floorAt, SECTION_UM } from './layers.ts';
import { share, type WordSource } from './share.ts';
import { holds, type StarRing, spreadInRing } from './star-ring.ts';
import type { Cell } from './tissue.ts';

export { SECTION_UM } from './layers.ts';

/** Tries after which a place that is not wholly right is taken: in the nucleus for the cytoplasm, or pushed to the cell's own height. */
const TRIES = 12;

/**
 * Where a transcript of a cell is born, written to `out[0..2]`: x and y in microns on the slide, z in [0, `SECTION_UM`)
 * above the section's bottom; uniform in the cell's volume, which is its ground times the section's height less what lies
 * beyond the floor to a cell of the other layer. `nuclearShare` is the share of the gene's transcripts that are born
 * inside a nucleus (of two: in either by its area) and not outside; NaN = anywhere in the cell.
 */
export function birthPlace(stream: WordSource, cell: Cell, nuclearShare: number, out: Float64Array): void {
  const { body, nuclei, covers } = cell;
  const isNuclear = nuclei.length > 0 && share(stream) < nuclearShare;
  const isOutside = nuclei.length > 0 && !isNuclear && !Number.isNaN(nuclearShare);
  const ring = isNuclear ? pickNucleus(stream, nuclei) : body;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    out[0] = share(stream);
    out[1] = share(stream);
    spreadInRing(ring, out);
    if (ring.isLoose && !holds(ring, out)) continue;
    if (isOutside && isInAny(nuclei, out)) continue;
    out[2] = SECTION_UM * share(stream);
    if (covers.length === 0 || isOwnHeight(covers, out)) return;
  }
  out[2] = ownHeight(covers, out, SECTION_UM * share(stream));
}

function pickNucleus(stream: WordSource, nuclei: readonly StarRing[]): StarRing {
  if (nuclei.length === 1) return nuclei[0];
  return share(stream) * (nuclei[0].area + nuclei[1].area) < nuclei[0].area ? nuclei[0] : nuclei[1];
}

function isInAny(rings: readonly StarRing[], place: Float64Array): boolean {
  for (let i = 0; i < rings.length; i++) if (holds(rings[i], place)) return true;
  return false;
}

function isOwnHeight(covers: readonly Cover[], place: Float64Array): boolean {
  for (let i = 0; i < covers.length; i++) {
    const { body, floor, isAbove } = covers[i];
    if (place[2] >= floorAt(floor, place[0], place[1]) === isAbove && holds(body, place)) return false;
  }
  return true;
}

/** A height squeezed into the cell's own part of the section. */
function ownHeight(covers: readonly Cover[], place: Float64Array, height: number): number {
  let low = 0;
  let high = SECTION_UM;
  for (const { body, floor, isAbove } of covers) {
    if (!holds(body, place)) continue;
    const middle = floorAt(floor, place[0], place[1]);
    if (isAbove) high = Math.min(high, middle);
    else low = Math.max(low, middle);
  }
  return low + ((high - low) * height) / SECTION_UM;
}
