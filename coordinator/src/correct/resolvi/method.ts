import { invalidMethods } from '../invalid.ts';
import type { CorrectMethod, MethodResult } from '../method.ts';
import { resolviAnnotations } from './annotations.ts';
import { attributeSlide, encodeSlide } from './apply.ts';
import { resolviSlide } from './slide.ts';
import { trainSlide } from './training.ts';

/** Counts less what neighbours and background brought, by a network of the slide (ResolVI, Ergen and Yosef 2025). */
export const resolvi: CorrectMethod = {
  name: 'resolvi',
  takes: { reference: false, transcripts: false },
  check({ methods, resolvi: settings }) {
    const labelled =
      settings.supervised &&
      (settings.labelColumn !== null || methods.slice(0, methods.indexOf('resolvi')).includes('rctd'));
    if (settings.trainOn === 'labelled' && !labelled)
      throw invalidMethods(
        'resolvi has no labels to train on',
        'rctd before resolvi or a column of labels',
        'write rctd,resolvi, or set correct.resolvi.labelColumn',
      );
  },
  async run(stage, before) {
    const slide = await resolviSlide(stage, before.types);
    if (slide === null) return nothing(stage.config.correct.resolvi.minCounts);
    const learned = await trainSlide(stage, slide);
    const encoded = await encodeSlide(stage, slide, learned);
    const read = await attributeSlide(stage, slide, learned, encoded);
    return {
      added: resolviAnnotations(stage.config.correct, slide, learned, encoded),
      types: null,
      counts: { reassigned: false, read },
    };
  },
};

const nothing = (least: number): MethodResult => ({
  added: {
    ...{ obs: [], obsm: {}, uns: {}, layers: {} },
    warnings: [`resolvi was left out: fewer than two cells have ${least} transcripts`],
  },
  types: null,
  counts: null,
});
