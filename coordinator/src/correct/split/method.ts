import { readCounted } from '@spatile/formats/tile/correct';
import { blocksOf } from '../blocks.ts';
import { entriesIn } from '../counts/table.ts';
import { invalidMethods } from '../invalid.ts';
import type { CorrectMethod } from '../method.ts';
import { sharedPlaces } from '../rctd/fit.ts';
import { splitAnnotations } from './annotations.ts';
import { normalisedClasses } from './normalised.ts';
import { countsInput, planSplit, sentCounts } from './plan.ts';

const COUNTS_ROUND = 'correct-split-counts';

/** Purified counts (SPLIT, Bilous et al., Nat Methods 2026). */
export const split: CorrectMethod = {
  name: 'split',
  takes: { reference: true, transcripts: false },
  check({ methods, rctd }) {
    const before = methods.slice(0, methods.indexOf('split'));
    if (!before.includes('rctd'))
      throw invalidMethods('split has no cell types to go by', 'rctd before split', 'write rctd,split');
    if (rctd.mode !== 'doublet')
      throw invalidMethods(
        `split needs doublets (correct.rctd.mode is ${rctd.mode})`,
        'mode doublet',
        'set correct.rctd.mode=doublet',
      );
  },
  async run({ config, table, reference, runner }, before) {
    const { split: settings } = config.correct;
    const { typed, scores } = before.types!;
    const place = sharedPlaces(reference!, table.geneNames.length);
    const blocks = blocksOf(table.cells);
    const plan = planSplit(table, typed, reference!.types.length, settings);
    const normalised = await normalisedClasses(table, place, plan, typed, scores);
    const sent = await sentCounts(table, plan, blocks, settings.reassign);
    await runner.run(
      COUNTS_ROUND,
      'purifying counts',
      blocks.map((block, b) => ({
        id: block.id,
        kind: 'correct.split',
        weight: entriesIn(table, block),
        transcripts: 0,
        input: () =>
          countsInput(table, reference!, place, typed, plan, block, sent[b], settings, config.seed),
      })),
    );
    return {
      added: splitAnnotations(config.correct, plan, normalised),
      types: null,
      counts: {
        reassigned: settings.reassign !== 'none',
        read: async (block) => readCounted(await runner.result(COUNTS_ROUND, block.id, null)),
      },
    };
  },
};
