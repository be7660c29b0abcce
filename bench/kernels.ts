import { writeFileSync } from 'node:fs';
import { assignTileFrame } from '@spatile/formats/tile/assign';
import { globalsTables, prosegMemoryBytes } from '@spatile/formats/tile/proseg';
import { prosegHandlers } from '@spatile/worker/assign/proseg/handlers';
import { SCHEDULE, SETTINGS, simulateTile } from '../tests/unit/proseg/simulated.ts';
import { firstExpression, moveLabels } from '../worker/src/assign/proseg/iterate.ts';
import { enterLabels, readLabels, refined, spread } from '../worker/src/assign/proseg/labels.ts';
import { openSampler } from '../worker/src/assign/proseg/sampler.ts';
import { startColumns } from '../worker/src/assign/proseg/start.ts';

/**
 * One simulated tile: time of every kernel on the fine grid, then the default schedule from end to end, and its memory.
 * Arguments: edge of the tile in um, genes, and a file for the figures as JSON (see `kernel-bench.ts`).
 */
const sizeUm = Number(process.argv[2] ?? 500);
const genes = Number(process.argv[3] ?? 300);
const figuresFile = process.argv[4];
const privateGenes = Math.min(genes, 300);
const simulated = simulateTile({
  sizeUm,
  haloUm: 60,
  genes,
  privateGenes,
  factors: genes > 300 ? 100 : 0,
  types: 10,
  perCell: 100,
  densityBins: 5,
  spacingUm: 12,
});
const { tile, model, globals } = simulated;
const n = tile.transcripts.row.length;
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
say(`tile ${sizeUm} um, ${n} transcripts with halo, ${tile.cells.cell.length} cells, ${genes} genes`);
const settings = { ...SETTINGS, densityBandwidthUm: 10 };

const sampler = await openSampler(
  { tile, model, settings, globals },
  { stage: 'assign', records: true, statistics: true, moveOutsideCore: true },
);
const { kernel, tile: header } = sampler.bound;
const prior = startColumns(tile, sampler.grid, sampler.observed);
enterLabels(sampler, spread(prior, sampler.grid.layers, sampler.grid.coarseFactor), prior);
firstExpression(sampler, 'loadings');
enterLabels(sampler, refined(sampler, readLabels(sampler)), prior);
const { proposed: proposals } = moveLabels(sampler, 0, SCHEDULE.proposalsPerPair, 1);
const steps: [string, (iteration: number) => void, number, string][] = [
  ['bucketTranscripts', () => kernel.bucketTranscripts(header), n, 'transcript'],
  ['moveLabels', (i) => moveLabels(sampler, 1 + i, SCHEDULE.proposalsPerPair, 1), proposals, 'proposal'],
  ['movePlaces', (i) => kernel.movePlaces(header, i), n, 'transcript'],
  ['record', () => kernel.record(header), n, 'transcript'],
  ['drawForeground', (i) => kernel.drawForeground(header, i, false), n, 'transcript'],
  ['drawComponents', (i) => kernel.drawComponents(header, i), sampler.cells.length, 'cell'],
  [
    'drawLoadings',
    (i) => kernel.drawLoadings(header, i),
    sampler.cells.length * (privateGenes + model.factors),
    'loading',
  ],
  [
    'drawLoadings (points)',
    (i) => {
      sampler.bound.setInteger('pointLoadings', 1);
      kernel.drawLoadings(header, i);
      sampler.bound.setInteger('pointLoadings', 0);
    },
    sampler.cells.length * (privateGenes + model.factors),
    'loading',
  ],
  [
    'collectCells (fit)',
    (i) => kernel.collectCells(header, i, false),
    sampler.cells.length * (privateGenes + model.factors),
    'loading',
  ],
];
const spent = steps.map(() => 0);
const rounds = 8;
for (let i = 0; i < rounds; i++) {
  steps.forEach(([, run], k) => {
    const start = process.cpuUsage();
    run(i);
    const { user } = process.cpuUsage(start);
    if (i > 0) spent[k] += user / 1000 / (rounds - 1);
  });
}
steps.forEach(([name, , count, unit], k) => {
  say(
    `${name.padEnd(20)} ${spent[k].toFixed(1).padStart(8)} ms  ${((1e6 * spent[k]) / Math.max(1, count)).toFixed(1).padStart(8)} ns per ${unit}`,
  );
});
sampler.bound.release();

const input = assignTileFrame(tile, {
  meta: { model, settings, schedule: { ...SCHEDULE, loadings: 'point' }, bandUm: 64 },
  tables: globalsTables(globals),
});
const start = process.cpuUsage();
await prosegHandlers['assign.proseg'](input, { progress: () => {}, count: () => {} });
const seconds = process.cpuUsage(start).user / 1e6;
const { coarseIterations, fineIterations, hillClimbIterations } = SCHEDULE;
const iterations = coarseIterations + fineIterations + hillClimbIterations;
say(
  `default schedule: ${seconds.toFixed(1)} s CPU, ${((1000 * seconds) / n).toFixed(4)} ms per transcript, ${((n * iterations) / seconds / 1e6).toFixed(2)} M transcript iterations per second`,
);
const voxelsFine = sampler.grid.width * sampler.grid.height * sampler.grid.layers;
const bound = prosegMemoryBytes({ voxelsFine, transcripts: n, cells: tile.cells.cell.length, model });
say(
  `memory: bound ${(bound / 2 ** 20).toFixed(0)} MiB beside the process, peak of this process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB (simulator included)`,
);
if (figuresFile !== undefined) {
  const kernels = steps.map(([name, , items, unit], k) => ({ name, milliseconds: spent[k], items, unit }));
  const figures = {
    transcripts: n,
    cells: tile.cells.cell.length,
    kernels,
    seconds,
    iterations,
    bytes: bound,
  };
  writeFileSync(figuresFile, JSON.stringify(figures));
}
