import { share, type WordSource } from './share.ts';
import { isInRing, pointInRing } from './star-ring.ts';
import type { Cell } from './tissue.ts';

/** Height of the section in microns. */
export const SECTION_UM = 10;

/**
 * Where a transcript of a cell is born, written to `out[0..2]`: x and y in microns on the slide, z in [0, `SECTION_UM`)
 * above the section's bottom. `nuclearShare` is the share of the gene's transcripts that are born inside a nucleus; NaN =
 * anywhere in the cell.
 */
export function birthPlace(stream: WordSource, cell: Cell, nuclearShare: number, out: Float64Array): void {
  out[2] = SECTION_UM * share(stream);
  const nucleus = cell.nuclei[0];
  const isNuclear = nucleus !== undefined && share(stream) < nuclearShare;
  // A cell is never all nucleus (shapes.ts keeps a tenth free), so a few tries find its cytoplasm.
  const tries = isNuclear || nucleus === undefined || Number.isNaN(nuclearShare) ? 1 : 8;
  for (let attempt = 0; attempt < tries; attempt++) {
    pointInRing(isNuclear ? nucleus : cell.body, share(stream), share(stream), out);
    if (tries > 1 && !isInRing(nucleus, out[0], out[1])) return;
  }
}
