import { writeFileSync } from 'node:fs';
import { configSchema } from '@spatile/formats/config/schema';
import type { StardistManifest } from '@spatile/formats/model/manifest';
import { readManifest } from '@spatile/formats/model/read';
import { judgeInstances, ratesOf } from '@spatile/instrument/instances/scores';
import { composeCells, METHOD_BOUNDARY, METHOD_INTERIOR } from '@spatile/worker/segment/cells/compose';
import { interiorMask } from '@spatile/worker/segment/cells/interior-mask';
import { membraneCells } from '@spatile/worker/segment/cells/membrane';
import { orderInstances } from '@spatile/worker/segment/order';
import { stardist } from '@spatile/worker/segment/stardist/stardist';
import { watershed } from '@spatile/worker/segment/watershed/watershed';
import { modelOf, percentilesOf, SIMULATED_PIXEL_UM, simulatedStain, simulatedTruth } from './scenes.ts';

/**
 * Finds the cells of a simulated slide and writes how good they are, as JSON. Arguments: steps (`growth`, `interior`,
 * `membrane`), network of nuclei by its folder or `watershed`, repeats, file for the figures, bundle, truth.
 */
export interface CellFigures {
  cells: number;
  boundaryShare: number;
  interiorShare: number;
  rates: { threshold: number; f1: number; pq: number }[];
  /** Processor time of the step on the boundary stain, in seconds; empty without. */
  membraneSeconds: number[];
  pixels: number;
}

const [steps, nucleiBy, repeats, file, bundle, truth] = process.argv.slice(2);
const context = { progress: () => {}, count: () => {} };
const { segment } = configSchema.parse({});
const pixelSizeUm = SIMULATED_PIXEL_UM;
const stains = [];
for (const channel of [0, 1, 2]) stains.push(await simulatedStain(bundle, channel));
const { rows, columns } = stains[0];
const [dapi, boundary, interior] = stains.map(({ image }) => image);
const [dapiModel, boundaryModel, interiorModel] = stains.map(({ image }) => modelOf(image));
const planes = { rows, columns, row0: 0, column0: 0, pixelSizeUm, channels: [dapi] };

async function instances() {
  if (nucleiBy === 'watershed') return watershed(planes, dapiModel, segment.watershed, context);
  const manifest = (await readManifest(`${nucleiBy}/model.yaml`)) as StardistManifest;
  return stardist(
    planes,
    modelOf(dapi, percentilesOf(manifest)),
    { manifest, folder: nucleiBy, provider: 'cpu' },
    context,
  );
}
const nuclei = orderInstances(await instances(), planes, Math.ceil(segment.minAreaUm2 / pixelSizeUm ** 2));

const membraneSeconds: number[] = [];
const byMembrane = async () => {
  const start = process.cpuUsage();
  const limits = { ...boundaryModel.limits[0], otsu: boundaryModel.otsu };
  const found = await membraneCells(planes, boundary, limits, nuclei, segment.membrane);
  const { user, system } = process.cpuUsage(start);
  membraneSeconds.push((user + system) / 1e6);
  return found;
};
// One round more than counted, to warm up.
if (steps === 'membrane') for (let round = 0; round < Number(repeats); round++) await byMembrane();
const found = composeCells({
  rows,
  columns,
  nuclei,
  boundary: steps === 'membrane' ? await byMembrane() : null,
  interior:
    steps === 'growth'
      ? null
      : interiorMask(planes, interior, { ...interiorModel.limits[0], otsu: interiorModel.otsu }, pixelSizeUm),
  expandPx: segment.expandUm / pixelSizeUm,
  interiorPx: segment.interiorUm / pixelSizeUm,
});
const shareOf = (method: number): number =>
  found.method.filter((own) => own === method).length / found.method.length;
const judged = judgeInstances(
  await simulatedTruth(truth, 'cell', rows, columns),
  found.outlines,
  [0.5, 0.6, 0.7, 0.8],
);
const figures: CellFigures = {
  cells: found.method.length,
  boundaryShare: shareOf(METHOD_BOUNDARY),
  interiorShare: shareOf(METHOD_INTERIOR),
  rates: judged.counts.map((counts) => {
    const { f1, pq } = ratesOf(counts);
    return { threshold: counts.threshold, f1, pq };
  }),
  membraneSeconds: membraneSeconds.slice(1),
  pixels: rows * columns,
};
writeFileSync(file, JSON.stringify(figures));
