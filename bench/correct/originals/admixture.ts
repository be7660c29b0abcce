import { join } from 'node:path';
import type { CaseOutcome } from '../../bench.ts';
import { spread } from '../../statistics.ts';
import type { Workbench } from '../../workbench.ts';
import { writeTrueReference } from '../reference.ts';
import { workOf } from '../spill.ts';
import { compareLabels, writeMolecules } from './molecules.ts';
import { runScript } from './programs.ts';
import { factsOf } from './typed.ts';

/** A slide whose transcripts are labelled by both programs, in so many of its cells. */
export interface LabelledSlide {
  transcripts: number;
  cells: number;
}

const SEED = 12;
const LEAST_SHARE = 1e-6;
const RUN = ['--assign', 'expand', '--seed', '1', '--workers', '1'];
const OURS = ['--correct', 'rctd,celladmix', '--seed', '1', '--workers', '1'];

/** Labels of transcripts by `celladmix` and by cellAdmix in R, from the same factors. */
export async function measureAdmixture(
  workbench: Workbench,
  { transcripts, cells }: LabelledSlide,
): Promise<CaseOutcome> {
  const slide = await workbench.slide({ transcripts, preset: 'default', seed: SEED });
  const plain = await workbench.result(slide, RUN);
  const folder = workbench.emptyFolder('admixture');
  const reference = join(folder, 'profiles.csv');
  await writeTrueReference(slide.truth, reference);
  const result = await workbench.correct(plain.zarr, 'admixture-corrected', [
    ...OURS,
    ...['--set', `correct.reference.file=${reference}`],
    ...['--set', `correct.celladmix.leastShare=${LEAST_SHARE}`],
  ]);
  const molecules = await writeMolecules(result.zarr, folder, cells, LEAST_SHARE);
  await runScript(workbench, 'crf.R', folder, folder);
  const equality = await compareLabels(molecules, result.zarr, folder, slide.truth);
  const { cpuSeconds, counted } = workOf(result, 'correct-celladmix-labels', 'moleculesLabelled');
  const theirs = factsOf(join(folder, 'crf-facts.csv')).seconds;
  return {
    measured: {
      oursRate: spread([counted / cpuSeconds]),
      theirsRate: spread([equality.transcripts / theirs]),
    },
    quality: { ...equality },
    digest: result.digest,
  };
}
