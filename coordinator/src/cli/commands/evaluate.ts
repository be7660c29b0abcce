import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { MarkerSet } from '@spatile/instrument/judge/markers/read-markers';
import type { JudgedResult } from '@spatile/instrument/judge/read/result';
import { type Command, Option } from 'commander';
import type { ReportedResult } from '../../report/evaluation/inputs.ts';
import type { Context } from '../context.ts';
import { anyNumber, type CommonOptions, withCommonOptions } from '../options.ts';
import { createProgress } from '../progress.ts';
import { watchedResult } from '../watched-result.ts';

interface EvaluateFlags extends CommonOptions {
  truth?: string;
  bundle?: string;
  markers?: string;
  reference?: string;
  referenceScale: 'linear' | 'log1p';
  polygons?: string;
  minQv?: number;
  minProbability?: number;
  name?: string[];
  report?: string;
}

/** What judging gives: the numbers, the table for people, and what the report shows of each result. */
interface Judged {
  evaluations: object[];
  table: string;
  reported: ReportedResult[];
}

/** Runs work on a result with progress on the screen. */
type Watch = <T>(result: JudgedResult, work: (watched: JudgedResult) => Promise<T>) => Promise<T>;

/** `spatile evaluate RESULT...`: judges results of any program, against a truth or by exclusive markers. */
export function addEvaluate(program: Command, context: Context): void {
  const command = program
    .command('evaluate')
    .summary('judge results of any program, against a truth or by exclusive markers')
    .description(
      'Judges the cells that a program found: against the truth of a simulated slide, or on a real slide by markers of cell types that exclude each other.',
    )
    .argument(
      '<result...>',
      'a Zarr of spatile, Proseg or another program, tables of Proseg or Baysor, a bundle, or a table',
    )
    .option('--truth <dir>', 'truth that spatile simulate wrote')
    .option('--markers <file>', 'exclusive markers: a list (gene, type) or a 0/1 table of types x genes')
    .option('--reference <file>', 'mean expression by cell type and gene, to choose exclusive markers from')
    .addOption(
      new Option('--reference-scale <scale>', 'what the values of the reference are')
        .choices(['linear', 'log1p'])
        .default('linear'),
    )
    .option(
      '--bundle <bundle>',
      'the slide: for results without ids or genes, and to compare with its own cells',
    )
    .option('--polygons <file>', 'outlines of the cells (GeoJSON or GeoParquet), when they lie elsewhere')
    .option(
      '--min-qv <n>',
      "least call quality that counts (default: that of the result's run, else 20)",
      anyNumber('--min-qv'),
    )
    .option(
      '--min-probability <p>',
      'take transcripts that are less sure of their cell for background (0 to 1; default 0)',
      anyNumber('--min-probability'),
    )
    .option('--name <name...>', 'names to show, one per result')
    .option('--report <file.html>', 'write tables and pictures to this file as well');
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Examples:
  spatile evaluate toy.zarr --truth toy.truth --json
  spatile evaluate toy.zarr proseg-output.zarr toy --truth toy.truth --report toy.html
  spatile evaluate sample.zarr --bundle outs --markers markers.csv`,
  );
  command.action(async (paths: string[], flags: EvaluateFlags) => {
    checkFlags(paths, flags);
    const progress = createProgress(context.terminal, Boolean(flags.quiet || flags.json));
    const watch: Watch = async (result, work) => {
      const step = result.name;
      const startedMs = context.terminal.now();
      progress.event({ kind: 'step', step, label: `judging ${step}`, total: null, unit: 'transcripts' });
      const judged = await work(
        watchedResult(result, (rows) =>
          progress.event({ kind: 'advance', step, done: rows, transcripts: rows }),
        ),
      );
      progress.event({ kind: 'step-end', step, seconds: (context.terminal.now() - startedMs) / 1000 });
      return judged;
    };
    const { evaluations, table, reported } = await judge(context, paths, flags, watch).finally(progress.end);
    if (flags.report !== undefined) await writeReport(context, flags.report, flags, reported);
    const json = JSON.stringify(evaluations.length === 1 ? evaluations[0] : evaluations);
    if (flags.json || !flags.quiet) context.terminal.out(`${(flags.json ? json : table).trimEnd()}\n`);
  });
}

function checkFlags(paths: readonly string[], flags: EvaluateFlags): void {
  const measures = [flags.truth, flags.markers, flags.reference].filter((value) => value !== undefined);
  if (measures.length !== 1)
    throw usage(
      `${measures.length} of --truth, --markers and --reference are given`,
      'one of them, which says what the result is judged by',
    );
  if (flags.name !== undefined && flags.name.length !== paths.length)
    throw usage(
      `${flags.name.length} names are given for ${paths.length} results`,
      'as many names as results',
    );
  if (flags.polygons !== undefined && paths.length > 1)
    throw usage(`--polygons is given with ${paths.length} results`, 'one result, whose outlines they are');
}

const usage = (wrong: string, expected: string): SpatileError =>
  new SpatileError('USAGE', `evaluate: ${wrong}; expected ${expected}; correct the command`);

async function judge(
  context: Context,
  paths: readonly string[],
  flags: EvaluateFlags,
  watch: Watch,
): Promise<Judged> {
  const openResult = await context.load('openResult');
  const { bundle, polygons, minProbability } = flags;
  const results: JudgedResult[] = [];
  for (const [i, path] of paths.entries()) {
    const name = flags.name?.[i] ?? distinctName(basename(path), results);
    results.push(await openResult(path, { bundle, polygons, minProbability, name }));
  }
  if (flags.truth !== undefined) {
    const judged = await judgeByTruth(context, results, flags.truth, flags.minQv, watch);
    return withCorrections(context, paths, judged, 'formatSpill', (path, layers) =>
      context.load('judgeSpill').then((judgeSpill) => judgeSpill(path, flags.truth!, layers)),
    );
  }
  const markers =
    flags.markers !== undefined
      ? await (await context.load('readMarkers'))(flags.markers)
      : await (await context.load('readReference'))(flags.reference!, flags.referenceScale);
  const judged = await judgeByMarkers(context, results, markers, flags, watch);
  return withCorrections(context, paths, judged, 'formatExclusive', (path, layers) =>
    context.load('judgeExclusive').then((judgeExclusive) => judgeExclusive(path, layers, markers.markers)),
  );
}

/** Adds what is said of corrected counts to the results that have some. */
async function withCorrections<Scores>(
  context: Context,
  paths: readonly string[],
  judged: Judged,
  formatter: 'formatSpill' | 'formatExclusive',
  judgeLayers: (path: string, layers: readonly string[]) => Promise<Scores[]>,
): Promise<Judged> {
  const correctedLayers = await context.load('correctedLayers');
  const evaluations = [...judged.evaluations];
  let { table } = judged;
  for (const [i, path] of paths.entries()) {
    const layers = await correctedLayers(path);
    if (layers.length === 0) continue;
    const corrections = await judgeLayers(path, layers);
    evaluations[i] = { ...evaluations[i], corrections };
    const format = (await context.load(formatter)) as unknown as (scores: readonly Scores[]) => string;
    table = `${table.trimEnd()}\n\n${paths.length > 1 ? `${judged.reported[i].name}\n` : ''}${format(corrections)}`;
  }
  return { ...judged, evaluations, table };
}

/** Results are told apart by their names, in the table and in the report. */
function distinctName(name: string, earlier: readonly JudgedResult[]): string {
  const isTaken = (candidate: string): boolean => earlier.some((result) => result.name === candidate);
  let candidate = name;
  for (let n = 2; isTaken(candidate); n++) candidate = `${name} (${n})`;
  return candidate;
}

async function judgeByTruth(
  context: Context,
  results: readonly JudgedResult[],
  folder: string,
  minQv: number | undefined,
  watch: Watch,
): Promise<Judged> {
  const evaluateInDetail = await context.load('evaluateInDetail');
  const truth = await (await context.load('loadTruth'))(folder);
  const reported: ReportedResult[] = [];
  const evaluations = [];
  for (const result of results) {
    const judged = await watch(result, (watched) => evaluateInDetail(watched, truth, { minQv }));
    evaluations.push(judged.evaluation);
    reported.push({ name: result.name, result, judged, counted: null });
  }
  return { evaluations, table: (await context.load('formatEvaluations'))(evaluations), reported };
}

async function judgeByMarkers(
  context: Context,
  results: readonly JudgedResult[],
  markers: MarkerSet,
  { bundle, minQv }: EvaluateFlags,
  watch: Watch,
): Promise<Judged> {
  const evaluateByMarkers = await context.load('evaluateByMarkers');
  const judged = await evaluateByMarkers(results, markers, { bundle, minQv, watch });
  const evaluations = judged.map(({ evaluation }) => evaluation);
  const reported = judged.map(
    ({ result, evaluation: { cells, transcripts, thinnedVendor }, coexpression }) => ({
      name: result.name,
      result,
      judged: null,
      counted: {
        cells: cells.predicted,
        transcripts: transcripts.judged,
        assigned: transcripts.assigned,
        medianTranscripts: cells.medianTranscripts,
        medianGenes: cells.medianGenes,
        markers: coexpression,
        thinnedVendor,
      },
    }),
  );
  return { evaluations, table: (await context.load('formatMarkers'))(evaluations), reported };
}

async function writeReport(
  context: Context,
  out: string,
  flags: EvaluateFlags,
  results: ReportedResult[],
): Promise<void> {
  const writeEvaluationReport = await context.load('writeEvaluationReport');
  const truth = flags.truth ?? null;
  const bundle = flags.bundle ?? bundleBeside(truth);
  await writeEvaluationReport(out, {
    slide: basename(bundle ?? truth ?? results[0].name),
    truth,
    bundle,
    results,
  });
}

/** The simulator puts the truth beside the bundle, with `.truth` added. */
function bundleBeside(truth: string | null): string | null {
  const bundle = truth?.replace(/\.truth[/\\]*$/, '');
  return bundle !== undefined && bundle !== truth && existsSync(bundle) ? bundle : null;
}
