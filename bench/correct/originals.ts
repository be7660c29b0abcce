import { join } from 'node:path';
import type { Bench, BenchOptions, CaseOutcome } from '../bench.ts';
import { provenance, table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number, type Spread, show, spread } from '../statistics.ts';
import type { MeasuredResult, Workbench } from '../workbench.ts';
import { type LabelledSlide, measureAdmixture } from './originals/admixture.ts';
import { CELLS_PER_TYPE, type ComparedSlide, compareData } from './originals/data.ts';
import { measureLabels, scviPython } from './originals/labels.ts';
import type { LabelEquality } from './originals/molecules.ts';
import { runScript, versionOfPackage } from './originals/programs.ts';
import { comparePurified, type PurifiedEquality, writeOurTypes } from './originals/purified.ts';
import {
  compareTyping,
  factsOf,
  type TypingEquality,
  typedByOriginal,
  typedBySpatile,
} from './originals/typed.ts';
import { workOf } from './spill.ts';

const SEED = 5;
const LABELS = 'resolvi-labels';
const ADMIXTURE = 'celladmix-labels';
const OURS = ['--correct', 'rctd,split', '--set', 'correct.split.cells=all', '--seed', '1', '--workers', '1'];

/** What is compared, all but the times. */
interface Equality extends TypingEquality {
  sigmaOurs: number;
  sigmaTheirs: number;
  spacexr: string | null;
  /** Null where it is not installed. */
  split: string | null;
  purified: PurifiedEquality | null;
}

/** `rctd`, `split` and `celladmix` beside the originals in R, `resolvi` beside scvi-tools in Python, each pair on the same slide. */
export const originals: Bench = {
  name: 'originals',
  cases: ({ tiny }: BenchOptions) => {
    const of: ComparedSlide = tiny
      ? { types: 5, genes: 200, transcripts: 20_000, seed: SEED }
      : { types: 15, genes: 300, transcripts: 400_000, seed: SEED };
    const training = tiny
      ? { transcripts: 20_000, epochs: 2, seeds: 1 }
      : { transcripts: 400_000, epochs: 50, seeds: 4 };
    const labelled: LabelledSlide = tiny
      ? { transcripts: 20_000, cells: 5 }
      : { transcripts: 100_000, cells: 150 };
    return [
      {
        key: `rctd-split-${of.types}-${of.genes}`,
        label: `${of.types} types, ${of.genes} genes`,
        settings: { ...of, words: OURS.join(' ') },
        estimateSeconds: 60 + of.transcripts / 300,
        diskBytes: 2e9,
        skip: () =>
          versionOfPackage('spacexr') === null
            ? 'no R with the package spacexr (SPATILE_BENCH_R names a folder of R packages)'
            : null,
        measure: (workbench) => measure(workbench, of),
      },
      {
        key: LABELS,
        label: 'resolvi with labels',
        settings: { ...training },
        estimateSeconds: 60 + (training.transcripts / 4e5) * training.epochs * training.seeds * 2.5,
        diskBytes: 2e9,
        skip: () => (scviPython() === null ? 'SPATILE_BENCH_SCVI names no Python with scvi-tools' : null),
        measure: (workbench) => measureLabels(workbench, training),
      },
      {
        key: ADMIXTURE,
        label: 'celladmix',
        settings: { ...labelled },
        estimateSeconds: 60 + labelled.cells,
        diskBytes: 1e9,
        skip: () => (versionOfPackage('cellAdmix') === null ? 'no R with the package cellAdmix' : null),
        measure: (workbench) => measureAdmixture(workbench, labelled),
      },
    ];
  },
  pages: [{ page: 'docs/methods/correct.md', render }],
};

async function measure(workbench: Workbench, of: ComparedSlide): Promise<CaseOutcome> {
  const { plain, folder } = await compareData(workbench, of);
  const result = await workbench.correct(plain.zarr, 'originals-corrected', [
    ...OURS,
    ...['--set', `correct.reference.file=${join(folder, 'reference')}`],
    ...['--set', `correct.reference.labelFile=${join(folder, 'labels.csv')}`],
  ]);
  const out = workbench.emptyFolder('originals-r');
  await runScript(workbench, 'spacexr.R', folder, out);
  const [ours, theirs] = [await typedBySpatile(result.zarr), typedByOriginal(out)];
  const split = versionOfPackage('SPLIT');
  if (split !== null) {
    writeOurTypes(out, ours);
    await runScript(workbench, 'split.R', folder, out);
  }
  const purified = split === null ? null : await comparePurified(result.zarr, out);
  const equality: Equality = {
    ...compareTyping(ours, theirs),
    sigmaOurs: ours.sigma,
    sigmaTheirs: theirs.sigma,
    spacexr: versionOfPackage('spacexr'),
    split,
    purified,
  };
  return {
    measured: timesOf(result, out, split !== null),
    quality: { cells: equality.cells, referenceCells: of.types * CELLS_PER_TYPE },
    digest: result.digest,
    details: equality,
  };
}

/** Processor seconds of both, step by step. */
function timesOf(result: MeasuredResult, out: string, hasSplit: boolean): Record<string, Spread> {
  const cpuOf = (round: string): number => workOf(result, `correct-${round}`, '').cpuSeconds;
  const { prepare, bulk, sigma, types } = factsOf(join(out, 'facts.csv'));
  const seconds: Record<string, number> = {
    oursTypes: cpuOf('rctd-types'),
    oursSplit: cpuOf('split'),
    oursRctd: cpuOf('rctd') + result.coordinatorCpuSeconds,
    theirsFit: bulk + sigma,
    theirsTypes: types,
    theirsAll: prepare + bulk + sigma + types,
  };
  if (hasSplit) seconds.theirsSplit = factsOf(join(out, 'split-facts.csv')).seconds;
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, spread([value])]));
}

function render(cases: readonly CaseResult[]): string {
  const texts: Record<string, (result: CaseResult) => string> = {
    [LABELS]: labelsText,
    [ADMIXTURE]: admixtureText,
  };
  return cases.map((result) => (texts[result.key] ?? renderTypes)(result)).join('\n\n');
}

function renderTypes(result: CaseResult): string {
  const { label, measured } = result;
  const equality = result.details as Equality;
  const { spacexr, split, purified } = equality;
  const row = (what: string, theirs: Spread, ours: Spread): string[] => [
    what,
    number(theirs.median, 1),
    number(ours.median, 1),
    number(theirs.median / ours.median, 1),
  ];
  const rate = (types: Spread): string => number(equality.cells / types.median, 1);
  return [
    table(
      ['processor seconds', 'in R', 'spatile', 'times fewer'],
      [
        row('types of cells alone', measured.theirsTypes, measured.oursTypes),
        row('reference, platform effect, sigma and types', measured.theirsAll, measured.oursRctd),
        ...(split === null ? [] : [row('purified counts', measured.theirsSplit, measured.oursSplit)]),
      ],
    ),
    '',
    `${provenance([result])} spacexr ${spacexr}${split === null ? '' : ` and SPLIT ${split}`}, one core, on a simulated slide of ${label} and ${number(equality.cells)} typed cells with ${number(Number(result.quality.referenceCells))} labelled cells of another platform as the reference: ${rate(measured.theirsTypes)} cells per second there, ${rate(measured.oursTypes)} here, where the likelihood tables are made in that time.`,
    '',
    typingText(equality),
    ...(purified === null ? [] : ['', purifiedText(purified)]),
  ].join('\n');
}

const percent = (share: number, digits = 1): string => `${number(100 * share, digits)} %`;

function typingText(of: Equality): string {
  return `sigma ${number(of.sigmaTheirs, 2)} there and ${number(of.sigmaOurs, 2)} here; weights of all types correlate by ${number(of.weightsCorrelation, 6)} (largest difference ${number(of.largestDifference, 3)}); the class is equal for ${percent(of.classEqual)} of the cells, the first type for ${percent(of.firstEqual)}, the second for ${percent(of.secondEqual)}; ${number(of.onlyOne)} cells were typed by one of the two only.`;
}

function purifiedText(of: PurifiedEquality): string {
  return `Purified from the same cell types (those of spatile), ${number(of.cells)} cells: ${percent(of.countsEqual, 2)} of the counts are equal to a thousandth of a transcript, the largest difference is ${number(of.largestDifference, 4)} and they correlate by ${number(of.countsCorrelation, 6)}; ${number(of.theirs)} transcripts are left there and ${number(of.ours)} here.`;
}

/** Mean share named right, of scvi-tools and of spatile. */
function meansOf({ details }: CaseResult): string {
  const { ours, theirs } = details as { ours: number[]; theirs: number[] };
  return [theirs, ours]
    .map((shares) => percent(shares.reduce((a, b) => a + b, 0) / shares.length))
    .join(' and ');
}

function labelsText(result: CaseResult): string {
  const { measured, quality } = result;
  return [
    table(
      ['ResolVI with labels', 'named right, %', 'CPU s per epoch'],
      [
        ['scvi-tools', show(measured.theirs, 1, 100), show(measured.theirsEpochSeconds, 2)],
        ['spatile', show(measured.ours, 1, 100), show(measured.oursEpochSeconds, 2)],
      ],
    ),
    '',
    `${provenance([result])} Median and range of ${quality.seeds} trainings of ${quality.epochs} epochs by other seeds (means ${meansOf(result)}), one thread; a simulated slide of ${number(Number(quality.cells))} cells, of which the true types of 30 % were given and the other ${number(Number(quality.asked))} were asked.`,
  ].join('\n');
}

function admixtureText(result: CaseResult): string {
  const of = result.quality as unknown as LabelEquality;
  const { oursRate, theirsRate } = result.measured;
  return `cellAdmix, from the same factors and with the same bond: of ${number(of.transcripts)} transcripts of ${number(of.cells)} cells ${percent(of.equal)} have the same factor. By the rules that were found here its labels remove ${percent(of.spillTheirs)} of what other cells made and ${percent(of.ownTheirs)} of the cells' own, ours ${percent(of.spillOurs)} and ${percent(of.ownOurs)}. It labels ${number(theirsRate.median)} transcripts per second and core, spatile ${number(oursRate.median)}. ${provenance([result])}`;
}
