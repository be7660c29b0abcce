import { readCounted } from '@spatile/formats/tile/correct';
import { BLOCK_WEIGHT, blocksOf } from '../blocks.ts';
import { invalidMethods } from '../invalid.ts';
import type { CorrectMethod } from '../method.ts';
import { groupsOf } from '../rctd/classes.ts';
import { sharedPlaces } from '../rctd/fit.ts';
import { splitAnnotations } from './annotations.ts';
import { normalisedClasses } from './normalised.ts';
import { countsInput, planSplit } from './plan.ts';
import { sentCounts } from './reassign.ts';
import { type ShiftedTypes, shiftTypes, withSwaps } from './shift.ts';

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
  async run(stage, before) {
    const { config, table, reference, runner } = stage;
    const { split: settings, rctd } = config.correct;
    const { typed, scores } = before.types!;
    const place = sharedPlaces(reference!, table.geneNames.length);
    const blocks = blocksOf(table.cells);
    const unshifted = planSplit(table, typed, reference!.types.length, settings);
    const normalised = await normalisedClasses(table, place, unshifted, typed, scores);
    const shifted: ShiftedTypes | null = settings.shift.swap
      ? await shiftTypes(stage, unshifted, typed, groupsOf(reference!.types, rctd.classes))
      : null;
    const plan = { ...unshifted, ...shifted };
    const sent = await sentCounts(table, plan, blocks, settings);
    await runner.run(
      COUNTS_ROUND,
      'purifying counts',
      blocks.map((block, b) => ({
        id: block.id,
        kind: 'correct.split',
        weight: BLOCK_WEIGHT,
        transcripts: 0,
        input: () =>
          countsInput(table, reference!, place, typed, plan, block, sent[b], settings, config.seed),
      })),
    );
    return {
      added: splitAnnotations(
        config.correct,
        plan,
        normalised,
        shifted && { names: reference!.types, ...shifted },
      ),
      // Corrections are judged, and go on, by the types that cells have now.
      types: shifted && { ...before.types!, typed: withSwaps(typed, shifted) },
      counts: {
        reassigned: settings.reassign !== 'none',
        read: async (block) => readCounted(await runner.result(COUNTS_ROUND, block.id, null)),
      },
    };
  },
};
