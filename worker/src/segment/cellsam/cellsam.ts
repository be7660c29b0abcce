import { MASK_OUTPUTS } from '@spatile/formats/model/fits';
import type { CellsamManifest } from '@spatile/formats/model/manifest';
import { invalid } from '@spatile/formats/model/read';
import { inputCutter } from '../../network/input.ts';
import { patchStarts } from '../../network/patches.ts';
import { type Dense, type Graph, openMasks, openNetwork } from '../../network/session.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import type { ImageMethod } from '../method.ts';
import { instancesOfMasks, type PatchMask } from './masks.ts';
import { PatchMosaic } from './mosaic.ts';

/**
 * CellSAM (Israel et al., bioRxiv 2023.11.17.567630): a detector proposes boxes in a patch, a second graph makes a mask of each.
 * Patches lie on a lattice fixed in the slide; an instance counts in the patch whose inner part holds its centre.
 *
 * Errors: those of `openNetwork` and `inputCutter`, `MODEL_INVALID` for outputs of another shape.
 */
export const cellsam: ImageMethod<NetworkSettings<CellsamManifest>> = async (
  planes,
  model,
  settings,
  context,
) => {
  const { manifest } = settings;
  const { decode, weights } = manifest;
  const network = await openNetwork(settings);
  const masks = await openMasks(settings);
  const cutter = inputCutter(planes, model, manifest);
  const side = decode.patchPx;
  const stride = side - decode.overlapPx;
  const minPixels = manifest.size.minAreaUm2 / planes.pixelSizeUm ** 2;
  const mosaic = new PatchMosaic(planes.rows, planes.columns, side, decode.overlapPx);
  const tops = patchStarts(planes.row0, planes.rows, side, stride);
  const lefts = patchStarts(planes.column0, planes.columns, side, stride);
  for (const [done, row] of tops.entries()) {
    for (const column of lefts) {
      const patch = cutter.cut({ row, column, rows: side, columns: side }, 'zero');
      const found = await network.run(patch, [decode.scores, decode.boxes, decode.embedding]);
      const boxes = found[decode.boxes];
      if (boxes.data.length !== 4 * found[decode.scores].data.length)
        throw invalid(
          weights.file,
          'the outputs do not fit',
          boxes.shape.join(' x '),
          '4 values for a score',
        );
      const made = masksOf(masks, found, manifest);
      mosaic.add(await instancesOfMasks(made, side, decode, minPixels), row, column);
    }
    context.progress((0.9 * (done + 1)) / tops.length);
  }
  return mosaic.instances(minPixels);
};

/** Masks of the boxes above the threshold, by falling score. Errors: `MODEL_INVALID` for a mask of another size. */
async function* masksOf(
  graph: Graph,
  found: Readonly<Record<string, Dense>>,
  { decode }: CellsamManifest,
): AsyncGenerator<PatchMask> {
  const scores = found[decode.scores].data;
  const embedding = found[decode.embedding];
  for (let i = 0; i < scores.length && scores[i] > decode.score; i++) {
    const box = { data: found[decode.boxes].data.slice(4 * i, 4 * i + 4), shape: [1, 4] };
    const { mask, overlap } = await graph.run({ embedding, box }, MASK_OUTPUTS);
    if (mask.data.length !== decode.patchPx ** 2) {
      const shape = mask.shape.join(' x ');
      throw invalid(
        decode.masks,
        'the mask has another size',
        shape,
        `${decode.patchPx} x ${decode.patchPx}`,
      );
    }
    yield { logits: mask.data, overlap: overlap.data[0], score: scores[i] };
  }
}
