import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchCase } from './bench.ts';
import type { TypingFigures } from './correct/typing.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';

const SHAPES = [
  [8, 300],
  [15, 300],
  [15, 1000],
] as const;

/** Typing of cells alone: `rctd` in doublet mode on cells drawn from random profiles. */
export const typing: Bench = {
  name: 'typing',
  cases: ({ repeats, tiny, program }) =>
    (tiny ? SHAPES.slice(0, 1) : SHAPES).map(([types, genes]): BenchCase => {
      const n = repeats ?? 3;
      const cells = tiny ? 50 : 2000;
      return {
        key: `${types}-${genes}`,
        label: `${types} types, ${number(genes)} genes`,
        settings: { types, genes, cells, repeats: n },
        estimateSeconds: n * (2 + genes / 100),
        diskBytes: 1e5,
        measure: async (workbench) => {
          const runs = Array.from({ length: n }, (_, k): TypingFigures => {
            const file = join(workbench.folder, `typing-${k}.json`);
            const script = join(program, 'worker/bench-typing.js');
            const { status } = spawnSync(
              process.execPath,
              [script, `${types}`, `${genes}`, `${cells}`, file],
              {
                stdio: ['ignore', 'inherit', 'inherit'],
              },
            );
            if (status !== 0) throw new Error(`typing: exit code ${status}`);
            return JSON.parse(readFileSync(file, 'utf8'));
          });
          const [{ candidates, right }] = runs;
          return {
            measured: { cellsPerCpuSecond: spread(runs.map(({ seconds }) => cells / seconds)) },
            quality: { candidates, right },
            digest: '',
          };
        },
      };
    }),
  pages: [{ page: 'docs/methods/correct.md', render }],
};

function render(cases: readonly CaseResult[]): string {
  return [
    table(
      ['types and genes', 'cells / s and core', 'candidates per cell', 'first type right'],
      cases.map(({ label, measured, quality }) => [
        label,
        show(measured.cellsPerCpuSecond),
        number(quality.candidates as number, 1),
        `${number(100 * (quality.right as number), 1)} %`,
      ]),
    ),
    '',
    `${provenance(cases)} Cells of 150 transcripts on average, a third of them with a second type, drawn from random profiles with log-normal noise of 0.3; processor time without the likelihood tables, which are made once per worker.`,
  ].join('\n');
}
