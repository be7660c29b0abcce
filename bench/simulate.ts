import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import type { CommandUse } from './compare/measured-command.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';
import type { Workbench } from './workbench.ts';

const SEED = 11;
const LIMIT_SECONDS = 3600;

/** What the instrument itself costs: making a slide without images, and judging the vendor's cells of it. */
export const simulate: Bench = {
  name: 'simulate',
  cases: ({ sizesUm, repeats, tiny, program, limitBytes }) =>
    (sizesUm.length > 0 ? sizesUm : tiny ? [130] : [1000, 2000]).map((sizeUm): BenchCase => {
      const n = repeats ?? 3;
      const millions = sizeUm ** 2 / 0.93e6;
      return {
        key: `default-${sizeUm}`,
        label: `${sizeUm} um, 300 genes, no images`,
        settings: { sizeUm, seed: SEED, repeats: n },
        estimateSeconds: n * (4 + 4 * millions),
        diskBytes: millions * 2e8,
        measure: (workbench) =>
          measure(workbench, sizeUm, n, join(program, 'coordinator/main.js'), limitBytes),
      };
    }),
  pages: [{ page: 'docs/decisions/simulator.md', render }],
};

async function measure(
  workbench: Workbench,
  sizeUm: number,
  repeats: number,
  entry: string,
  bytes: number,
): Promise<CaseOutcome> {
  const limits = { seconds: LIMIT_SECONDS, bytes };
  const run = async (...words: string[]): Promise<CommandUse> => {
    const use = await workbench.measure({ words: [process.execPath, entry, ...words, '--quiet'] }, limits);
    if (use.exit === 'done') return use;
    throw new Error(`simulate: spatile ${words[0]} ended: ${use.exit}; ${use.complaint}`);
  };
  const made: CommandUse[] = [];
  const judged: CommandUse[] = [];
  const digests = new Set<string>();
  const rows = new Set<string>();
  for (let k = 0; k < repeats; k++) {
    const bundle = join(workbench.emptyFolder(`simulated-${k}`), 'slide');
    const truth = `${bundle}.truth`;
    made.push(
      await run('simulate', '-o', bundle, '--size-um', `${sizeUm}`, '--seed', `${SEED}`, '--no-images'),
    );
    judged.push(await run('evaluate', bundle, '--truth', truth));
    const files = [bundle, truth].map((folder) => join(folder, 'transcripts.parquet'));
    rows.add(
      (await Promise.all(files.map(async (file) => (await openParquet(file)).rowCount))).join(' and '),
    );
    digests.add((await Promise.all(files.map(digestOf))).join(' '));
  }
  if (digests.size > 1 || rows.size > 1) throw new Error('simulate: equal options gave different files');
  const [seen, born] = [...rows][0].split(' and ').map(Number);
  const cpuSeconds = made.map((use) => use.cpuSeconds);
  return {
    measured: {
      cpuSeconds: spread(cpuSeconds),
      transcriptsPerCpuSecond: spread(cpuSeconds.map((seconds) => seen / seconds)),
      peakBytes: spread(made.map(({ peakBytes }) => peakBytes ?? Number.NaN)),
      judgeCpuSeconds: spread(judged.map((use) => use.cpuSeconds)),
      judgePeakBytes: spread(judged.map(({ peakBytes }) => peakBytes ?? Number.NaN)),
    },
    quality: { transcripts: seen, inTruth: born, conserved: seen === born },
    digest: [...digests][0].slice(0, 16),
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, quality, measured: m, digest }) => [
    label,
    number(Number(quality.transcripts)),
    quality.conserved ? 'yes' : 'NO',
    show(m.cpuSeconds),
    show(m.transcriptsPerCpuSecond, 0, 1e-3),
    show(m.peakBytes, 0, 2 ** -20),
    show(m.judgeCpuSeconds),
    show(m.judgePeakBytes, 0, 2 ** -20),
    digest.slice(0, 8),
  ]);
  return [
    table(
      [
        ...[
          'slide',
          'transcripts',
          'all in the truth',
          'simulate: CPU, s',
          'thousands per CPU second',
          'MiB',
        ],
        ...['evaluate: CPU, s', 'MiB', 'digest'],
      ],
      rows,
    ),
    '',
    `${provenance(cases)} Processor seconds of the whole command, all its threads, start and compilation included; the vendor's cells are judged with their outlines. Median and range of ${cases[0].settings.repeats}.`,
  ].join('\n');
}
