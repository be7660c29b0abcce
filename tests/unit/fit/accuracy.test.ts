import { prosegSettings, tileSchedule } from '@spatile/coordinator/assign/proseg/settings';
import { assignTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { globalsTables } from '@spatile/formats/tile/proseg';
import { assignExpand } from '@spatile/worker/assign/expand/compute';
import { assignNucleus } from '@spatile/worker/assign/nucleus/compute';
import { describe, expect, it } from 'vitest';
import { runTask } from '../../support/drive-fit.ts';
import { type ModelSlide, modelTile } from '../../support/model-simulator.ts';
import { fitWhole, simulate } from '../../support/model-slides.ts';
import { resultOf } from '../../support/settle.ts';

describe('fit and tile round on touching cells with displacement', () => {
  const simulated = simulate(true);
  const { slide, config } = simulated;

  it('put more transcripts into their cell than expansion, and far more than nucleus-only', async () => {
    const model = await fitWhole(simulated, 1);
    const tile = modelTile(slide, 't0000', slide.extent, 0, 1);
    const settings = prosegSettings(config);
    const meta = { model: model.frame, settings, schedule: tileSchedule(config), bandUm: 20 };
    const proseg = await runTask(
      'assign.proseg',
      assignTileFrame(tile, { meta, tables: globalsTables(model.globals) }),
    );
    const quiet = { progress: () => undefined, count: () => undefined };
    const geometric = (settings: Record<string, unknown>) => assignTileFrame(tile, { meta: { settings } });
    const nucleus = await assignNucleus(geometric({ by: 'outline', pixelSizeUm: 0.25 }), quiet);
    const expanded = await assignExpand(geometric({ distanceUm: 5, pixelSizeUm: 0.25 }), quiet);
    const scores = [proseg, expanded, nucleus].map((result) => accuracy(slide, result));
    expect(scores[0]).toBeGreaterThan(scores[1] + 0.04);
    expect(scores[0]).toBeGreaterThan(scores[2] + 0.5);
  });

  it('give the same bytes for the same seed, others for another', async () => {
    const fit = {
      ...config.fit,
      parameterIterations: 4,
      coarseIterations: 8,
      fineIterations: 4,
      blockIterations: 4,
    };
    const short = { ...simulated, config: { ...config, fit } };
    const { hash } = await fitWhole(short, 1);
    expect((await fitWhole(short, 1)).hash).toBe(hash);
    expect((await fitWhole(short, 2)).hash).not.toBe(hash);
  });
});

/** Share of the transcripts of cells that are in their cell. */
function accuracy(slide: ModelSlide, result: Frame): number {
  const { claims } = resultOf(result);
  let right = 0;
  claims.row.forEach((row, i) => {
    if (slide.truth[row] > 0 && claims.cell[i] === slide.truth[row]) right++;
  });
  return right / slide.truth.filter((cell) => cell > 0).length;
}
