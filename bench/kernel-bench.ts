import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchCase, CaseOutcome } from './bench.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';
import type { Workbench } from './workbench.ts';

/** What `kernels.ts` writes. */
interface KernelFigures {
  transcripts: number;
  cells: number;
  /** Of one call; `items` of `unit` are worked on by it. */
  kernels: { name: string; milliseconds: number; items: number; unit: string }[];
  /** Processor time of the whole schedule. */
  seconds: number;
  iterations: number;
  /** Planned for the tile beside the process. */
  bytes: number;
}

/** The WebAssembly kernels alone, on one simulated tile. */
export const kernelBench: Bench = {
  name: 'kernels',
  cases: ({ sizesUm, repeats, tiny, program }) =>
    (sizesUm.length > 0 ? sizesUm : [tiny ? 80 : 500]).flatMap((sizeUm) =>
      (tiny ? [60] : [300, 5000]).map((genes): BenchCase => {
        const n = repeats ?? 3;
        return {
          key: `tile-${sizeUm}-${genes}`,
          label: `${sizeUm} um tile, ${number(genes)} genes`,
          settings: { sizeUm, genes, repeats: n },
          estimateSeconds: n * (5 + (sizeUm / 500) ** 2 * (35 + genes / 60)),
          diskBytes: 1e6,
          measure: async (workbench) => measure(workbench, program, sizeUm, genes, n),
        };
      }),
    ),
  pages: [{ page: 'bench/details.md', render }],
};

function measure(
  workbench: Workbench,
  program: string,
  sizeUm: number,
  genes: number,
  repeats: number,
): CaseOutcome {
  const runs = Array.from({ length: repeats }, (_, k): KernelFigures => {
    const file = join(workbench.folder, `kernels-${k}.json`);
    const script = join(program, 'worker/bench-kernels.js');
    const { status } = spawnSync(process.execPath, [script, `${sizeUm}`, `${genes}`, file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(`kernels: exit code ${status}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  });
  const [{ transcripts, cells, kernels, iterations, bytes }] = runs;
  return {
    measured: {
      scheduleCpuSeconds: spread(runs.map(({ seconds }) => seconds)),
      ...Object.fromEntries(
        kernels.map(({ name }, k) => [name, spread(runs.map((run) => run.kernels[k].milliseconds))]),
      ),
    },
    quality: { transcripts, cells, iterations, bytes },
    digest: '',
    details: kernels.map(({ name, items, unit }) => ({ name, items, unit })),
  };
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.flatMap((one) =>
    (one.details as Pick<KernelFigures['kernels'][number], 'name' | 'items' | 'unit'>[]).map(
      ({ name, items, unit }) => [
        `${one.label}: \`${name}\``,
        show(one.measured[name]),
        `${show(one.measured[name], 0, 1e6 / Math.max(1, items))} per ${unit}`,
      ],
    ),
  );
  const schedules = cases.map(
    ({ label, measured, quality }) =>
      `${label} (${number(Number(quality.transcripts))} transcripts with halo, ${number(Number(quality.cells))} cells): ${show(measured.scheduleCpuSeconds)} s of one core, ${number((1000 * measured.scheduleCpuSeconds.median) / Number(quality.transcripts), 3)} ms per transcript, in ${number(Number(quality.bytes) / 2 ** 20)} MiB beside the process`,
  );
  return [
    table(['tile and kernel', 'one call, ms', 'ns'], rows),
    '',
    `The default schedule from end to end: ${schedules.join('; ')}.`,
    '',
    `${provenance(cases)} Processor time; median and range of ${cases[0].settings.repeats} processes.`,
  ].join('\n');
}
