import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchCase } from './bench.ts';
import type { Equality, TypingFigures } from './correct/typing.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show, spread } from './statistics.ts';

const SHAPES = [
  [8, 300],
  [15, 300],
  [15, 1000],
  // The shape of the original's published time (below).
  [45, 206],
] as const;
/** Cells that are also typed by the equations written down straight, in one of the shapes. */
const COMPARED = { types: 15, genes: 300, cells: 40 };

/** Typing of cells alone: `rctd` in doublet mode on cells drawn from random profiles. */
export const typing: Bench = {
  name: 'typing',
  cases: ({ repeats, tiny, program }) =>
    (tiny ? SHAPES.slice(0, 1) : SHAPES).map(([types, genes]): BenchCase => {
      const n = repeats ?? 3;
      const cells = tiny ? 50 : 2000;
      const isCompared = !tiny && types === COMPARED.types && genes === COMPARED.genes;
      const compared = isCompared ? COMPARED.cells : 0;
      return {
        key: `${types}-${genes}`,
        label: `${types} types, ${number(genes)} genes`,
        settings: { types, genes, cells, compared, repeats: n },
        estimateSeconds: n * (2 + (types * genes) / 1000) + compared,
        diskBytes: 1e5,
        measure: async (workbench) => {
          const runs = Array.from({ length: n }, (_, k): TypingFigures => {
            const file = join(workbench.folder, `typing-${k}.json`);
            const script = join(program, 'worker/bench-typing.js');
            const { status } = spawnSync(
              process.execPath,
              [script, `${types}`, `${genes}`, `${cells}`, `${k === 0 ? compared : 0}`, file],
              {
                stdio: ['ignore', 'inherit', 'inherit'],
              },
            );
            if (status !== 0) throw new Error(`typing: exit code ${status}`);
            return JSON.parse(readFileSync(file, 'utf8'));
          });
          const [{ candidates, right, equations }] = runs;
          return {
            measured: { cellsPerCpuSecond: spread(runs.map(({ seconds }) => cells / seconds)) },
            quality: { candidates, right, ...equations },
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
    ...cases.flatMap(equalityText),
  ].join('\n');
}

/** What a case says of the equations written down straight; nothing when it was not compared. */
function equalityText({ label, measured, quality }: CaseResult): string[] {
  const equations = quality as unknown as Partial<Equality>;
  if (equations.cells === undefined || equations.seconds === undefined) return [];
  const percent = (share: number | undefined): string => `${number(100 * (share ?? 0), 1)} %`;
  const rate = equations.cells / equations.seconds;
  return [
    '',
    `The equations of the method written down straight in TypeScript (damped steps for every fit, plain arrays; [transcription.ts](../../bench/correct/transcription.ts)) on the first ${equations.cells} of these cells (${label}): weights of all types correlate by ${number(equations.weightsCorrelation, 6)} (largest difference ${number(equations.largestDifference, 4)}), the class is equal for ${percent(equations.classEqual)} and the first type for ${percent(equations.firstEqual)} of the cells. They typed ${number(rate, 1)} cells per second and core, ${number(measured.cellsPerCpuSecond.median / rate)} times fewer.`,
  ];
}
