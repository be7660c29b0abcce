import type { CorrectMethod, CorrectStage, MethodResult } from '../method.ts';
import { admixtureAnnotations, type Findings } from './annotations.ts';
import { testBridges } from './bridge.ts';
import { type CellTypes, cellTypesOf } from './cell-types.ts';
import { markersOf, testEnrichment } from './enrichment.ts';
import { fitSlide } from './fit.ts';
import { labelSlide } from './label.ts';
import { exposures, nativeVerdict } from './native.ts';
import { markerProfiles, sumCounts } from './profiles.ts';
import { Admixture, remainingCounts } from './remove.ts';
import { candidateRules, provenRules } from './rules.ts';
import { shuffledRows } from './sample.ts';
import { transcriptLabels } from './transcript-labels.ts';

/** Removal of molecules that came from neighbouring cells (cellAdmix, Mitchel et al., bioRxiv 2025.01.02.631135). */
export const celladmix: CorrectMethod = {
  name: 'celladmix',
  takes: { reference: false, transcripts: true },
  check() {},
  async run(stage, before) {
    const types = cellTypesOf(stage, before);
    const findings = await findAdmixture(stage, types);
    if (findings === null) return untouched();
    const { config, table, transcripts } = stage;
    const { labels, rules } = findings;
    const admixture = new Admixture(types, labels.factors, rules);
    const removed = admixture.removedOf(labels, table.cells);
    return {
      added: {
        ...admixtureAnnotations(table, config.correct.celladmix, findings, removed),
        labels: [transcriptLabels(table.cells, transcripts!, labels, admixture)],
      },
      types: null,
      counts: {
        reassigned: false,
        read: (block) => remainingCounts(table, transcripts!, labels, admixture, block),
      },
    };
  },
};

/** Learns factors, labels all molecules and finds what is foreign; null when no cell of a type has enough molecules. */
async function findAdmixture(stage: CorrectStage, types: CellTypes): Promise<Findings | null> {
  const { config, table } = stage;
  const settings = config.correct.celladmix;
  const sums = await sumCounts(stage, types);
  const model = await fitSlide(stage, types, sums.totals);
  if (model === null) return null;
  const labels = await labelSlide(stage, model);
  const bridges = settings.test === 'enrichment' ? [] : await testBridges(stage, types, labels);
  const enrichments =
    settings.test === 'bridge'
      ? []
      : testEnrichment(
          model,
          markersOf(markerProfiles(stage, types, sums.profiles), types.names.length, settings.enrichment),
          settings.enrichment,
          config.seed,
        );
  const candidates = candidateRules(bridges, enrichments, model.factors, settings);
  const order = shuffledRows(table.cells, config.seed, 'correct.celladmix.native');
  const seen = exposures(table.spatial, types, order, settings.native.neighbours);
  const rules = provenRules(
    candidates,
    ({ target, source, factor }) => nativeVerdict(seen, target, source, labels, factor, settings.native),
    settings.native.unproven,
  );
  return { types, model, labels, bridges, enrichments, candidates, rules };
}

/** A slide on which nothing can be learned keeps its counts. */
const untouched = (): MethodResult => ({
  added: {
    obs: [],
    obsm: {},
    layers: {},
    uns: {},
    warnings: [
      'celladmix: no cell of a known type has as many transcripts as a neighbourhood; the counts stay as they are',
    ],
  },
  types: null,
  counts: null,
});
