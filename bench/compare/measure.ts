import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { readEvents } from '@spatile/coordinator/run/events';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import type { Thinned } from '@spatile/instrument/judge/thinned';
import type { CaseOutcome } from '../bench.ts';
import type { ComparedSlide, Tool } from '../competitors/competitor.ts';
import { type Spread, spread } from '../statistics.ts';
import { type StepSeconds, stepSeconds } from '../steps.ts';
import type { SlideFolder, Workbench } from '../workbench.ts';
import { type CurvePoint, curvePoint, THRESHOLDS } from './curve.ts';
import type { CommandUse, Limits } from './measured-command.ts';
import type { SlideChoice } from './slides.ts';

/** What a comparison keeps beside the figures of its tables. */
export interface CompareDetails {
  version: string;
  /** End of what a failed program, or the judge of its result, printed. */
  complaint: string;
  conservation: Evaluation['conservation'] | null;
  border: Evaluation['border'];
  /** Where the time of a run of spatile went. */
  steps: StepSeconds | null;
  /** Of the program's default run: what it would be with only the surer transcripts kept; absent in results of earlier benches. */
  curve?: CurvePoint[];
  /** What is left of its co-expression by the share of transcripts kept; absent in results of earlier benches. */
  thinned?: Thinned[];
}

/** Makes the slide, runs one program on it and judges what it wrote (and, if wanted, its surer parts); a program that fails or is stopped is a result, too. */
export async function measureCompetitor(
  workbench: Workbench,
  { kind, seed }: SlideChoice,
  about: Omit<ComparedSlide, 'bundle'>,
  tool: Tool,
  limits: Limits,
  drawsCurve: boolean,
): Promise<CaseOutcome> {
  const { preset, transcripts, genes } = kind;
  const made = await workbench.slide({ preset, transcripts, genes, seed });
  const slide = { ...about, bundle: made.bundle };
  const out = workbench.emptyFolder('out');
  const command = tool.command?.(slide, out) ?? null;
  const use = command === null ? null : await workbench.measure(command, limits);
  const finished = use === null || use.exit === 'done';
  const judged = finished ? await judge(workbench, made, tool.result(slide, out)) : null;
  const evaluation = judged instanceof Error ? null : judged;
  return {
    measured: use === null ? {} : usage(use),
    quality: {
      exit: use?.exit ?? 'none',
      judged: evaluation !== null,
      transcripts: made.transcripts,
      cells: evaluation?.cells.predicted ?? null,
      ...scoresOf(evaluation),
    },
    digest: await slideDigest(made),
    details: {
      version: tool.version,
      complaint: judged instanceof Error ? judged.message : (use?.complaint ?? ''),
      conservation: evaluation?.conservation ?? null,
      border: evaluation?.border ?? null,
      steps: finished ? await stepsOf(out) : null,
      thinned: evaluation?.thinned ?? [],
      curve: drawsCurve ? await curveOf(workbench, made, tool.result(slide, out), evaluation) : [],
    } satisfies CompareDetails,
  };
}

/** The verdict on the whole result, and on what is left of it at each threshold; none when the result could not be judged. */
async function curveOf(
  workbench: Workbench,
  slide: SlideFolder,
  { path, words = [] }: { path: string; words?: string[] },
  whole: Evaluation | null,
): Promise<CurvePoint[]> {
  if (whole === null) return [];
  const points = [curvePoint(0, whole)];
  for (const least of THRESHOLDS) {
    const kept = await judge(workbench, slide, { path, words: [...words, '--min-probability', `${least}`] });
    points.push(kept instanceof Error ? null : curvePoint(least, kept));
  }
  return points.filter((point) => point !== null);
}

async function judge(
  workbench: Workbench,
  slide: SlideFolder,
  { path, words }: { path: string; words?: string[] },
): Promise<Evaluation | Error> {
  try {
    return await workbench.judge(path, slide, words);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Every score that the judge gives, by its name; `judged.` keeps those apart that are named like a fact of the case. */
function scoresOf(evaluation: Evaluation | null): CaseOutcome['quality'] {
  if (evaluation === null) return {};
  const scores = Object.entries(evaluation.scores as unknown as Record<string, unknown>);
  return Object.fromEntries(
    scores.flatMap(([name, value]) =>
      typeof value === 'number' || value === null
        ? [[name === 'transcripts' ? 'judgedTranscripts' : name, value]]
        : [],
    ),
  );
}

function usage(use: CommandUse): Record<string, Spread> {
  const { wallSeconds, cpuSeconds, peakBytes, mainPeakBytes, helperPeakBytes } = use;
  const all = { wallSeconds, cpuSeconds, peakBytes, mainPeakBytes, helperPeakBytes };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, spread([value])]])),
  );
}

/** The steps of spatile's run below a folder; null when there is none. */
async function stepsOf(out: string): Promise<StepSeconds | null> {
  const events = await readEvents(new RunStore(join(out, 'slide.run'))).catch(() => []);
  return events.length === 0 ? null : stepSeconds(events);
}

/** Tells slides apart: results on slides of another simulator cannot be compared. */
async function slideDigest({ bundle, truth }: SlideFolder): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of [bundle, truth])
    for await (const bytes of createReadStream(join(folder, 'transcripts.parquet'))) hash.update(bytes);
  return hash.digest('hex').slice(0, 16);
}
