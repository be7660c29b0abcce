import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import * as z from 'zod';
import type { RunReportData } from './data.ts';
import { segmentReportSchema } from './segment-data.ts';

const number = z.number();
const numbers = z.record(z.string(), number);
const rect = z.object({ x0: number, y0: number, x1: number, y1: number });

const runReportSchema: z.ZodType<RunReportData> = z.object({
  version: z.string(),
  name: z.string(),
  platform: z.string(),
  platformVersion: z.string().nullable(),
  method: z.string(),
  seed: number,
  workers: number,
  transcripts: z.object({
    input: number,
    kept: number,
    assigned: number,
    genes: number,
    controls: number,
    filtered: numbers,
  }),
  cells: z.object({
    prior: number,
    written: number,
    withoutOutline: number,
    belowMinimum: number,
    origins: z.array(z.string()),
  }),
  extent: rect,
  haloUm: number,
  tiles: z.array(
    z.object({
      id: z.string(),
      core: rect,
      transcripts: number,
      cells: number,
      assigned: number,
      confidence: number,
      seconds: number,
      cpuSeconds: number,
      peakRssBytes: number,
      diagnostics: numbers,
    }),
  ),
  steps: z.array(z.object({ step: z.string(), seconds: number, coordinatorRssBytes: number })),
  workersLost: number,
  vendor: z
    .object({ same: number, different: number, vendorOnly: number, spatileOnly: number, neither: number })
    .nullable(),
  model: z
    .object({
      hash: z.string(),
      trace: z.array(z.object({ block: number, phase: z.string(), logLikelihood: number })),
      pilots: z.array(z.string()),
    })
    .nullable(),
  border: z.object({ units: number, phases: number }),
  convergence: z
    .object({
      tiles: number,
      unsettled: z.array(z.string()),
      verdict: z.string(),
      traces: z.array(
        z.object({
          tile: z.string(),
          iteration: z.array(number),
          phase: z.array(number),
          logLikelihood: z.array(number),
          foreground: z.array(number),
          labelAcceptance: z.array(number),
        }),
      ),
    })
    .nullable()
    .default(null),
  segment: segmentReportSchema.nullish(),
  findings: z.array(z.object({ level: z.enum(['info', 'warning']), code: z.string(), message: z.string() })),
  config: z.unknown(),
});

/** `report.json` of a run directory; null when there is none. Errors: `RUN_CORRUPT` when it is not what a run writes. */
export async function readRunData(directory: string): Promise<RunReportData | null> {
  const file = join(directory, 'report.json');
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
    throw corrupt(file, `cannot be read (${cause.code ?? cause.message})`, cause);
  });
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(file, 'is not valid JSON', cause);
  }
  const parsed = runReportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw corrupt(file, `${issue.path.join('.') || 'the whole'} is not as expected (${issue.message})`);
}

const corrupt = (file: string, what: string, cause?: unknown): SpatileError =>
  new SpatileError(
    'RUN_CORRUPT',
    `${file}: ${what}; expected what a finished run writes; run again, or move the run directory away to report without it`,
    { fields: { file }, cause },
  );
