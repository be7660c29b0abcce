import type { CellsamManifest } from '@spatile/formats/model/manifest';
import { ln } from '@spatile/random/elementary';
import { fillHoles } from '../cellpose/holes.ts';
import type { Instances } from '../method.ts';
import { tidy } from '../tidy.ts';

/** What the network says of one box of a patch. */
export interface PatchMask {
  /** Row-major, side x side. */
  logits: Float32Array;
  /** IoU that the network expects of it. */
  overlap: number;
  score: number;
}

/**
 * Instances of one patch from its masks by falling score: masks of little expected IoU are left out, a later one lies above, what
 * an instance encloses belongs to it, and small ones go. Of a mask in pieces the largest stays.
 */
export async function instancesOfMasks(
  masks: AsyncIterable<PatchMask> | Iterable<PatchMask>,
  side: number,
  { overlap: least, probability }: Pick<CellsamManifest['decode'], 'overlap' | 'probability'>,
  minPixels: number,
): Promise<Instances> {
  const labels = new Int32Array(side * side);
  const scores: number[] = [];
  const level = ln(probability / (1 - probability));
  for await (const { logits, overlap, score } of masks) {
    // Written so that what is no number is left out.
    if (!(overlap >= least)) continue;
    scores.push(Math.max(0, Math.min(1, score)));
    for (let i = 0; i < labels.length; i++) if (logits[i] > level) labels[i] = scores.length;
  }
  const instances = await tidy(labels, side, side, scores, minPixels);
  fillHoles(instances);
  return instances;
}
