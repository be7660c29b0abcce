import { beforeAll, expect, test } from 'vitest';
import { committed, killAt, type Moment, resume } from './faults.ts';
import { killWorkerMidTile, recompute } from './faults-in-process.ts';
import { image, segmenting, table } from './segment-slide.ts';
import { run, testFolder } from './slide.ts';
import { digestOfFiles } from './store.ts';

const at = testFolder();
const runOf = (output: string): string => output.replace(/zarr$/, 'run');

const SEGMENT: Moment = {
  name: 'in the segment round',
  begun: (_, output) => committed(runOf(output), 'segment') > 0,
  notOver: (output) => committed(runOf(output), 'segment-paint') === 0,
};
const PAINT: Moment = {
  name: 'while cells are outlined',
  begun: (_, output) => committed(runOf(output), 'segment-paint') > 0,
  notOver: (output) => committed(runOf(output), 'assign') === 0,
};

let slide = '';
let settings: ReturnType<typeof segmenting>;
let digest = '';

beforeAll(async () => {
  slide = await table(at('slide.csv'));
  settings = segmenting(await image(at('dapi.tif')), { tileSizePx: 64 });
  digest = (await run(slide, at('one.zarr'), settings)).digest;
});

test.each(['segment', 'segment-paint'])('a worker killed in the round %s changes no byte', async (round) => {
  expect(await killWorkerMidTile(slide, at(`${round}.zarr`), settings, round)).toBe(digest);
});

test.each([SEGMENT, PAINT])('a run killed $name and resumed gives the same bytes', async (moment) => {
  const { output } = await killAt(moment, 'SIGKILL', slide, at(`killed ${moment.name}`), settings);
  expect(await resume(slide, output, settings)).toBe(digest);
  expect(digestOfFiles(output)).toBe(digest);
});

test('a tile of any segment round is computed again with the image, and not without', async () => {
  const sources = { bundle: slide, image: at('dapi.tif') };
  expect(await recompute(at('one.run'), 'p000', 'segment-fit', sources)).toBe(true);
  expect(await recompute(at('one.run'), 's0003', 'segment', sources)).toBe(true);
  expect(await recompute(at('one.run'), 's0003', 'segment-paint', sources)).toBe(true);
  await expect(recompute(at('one.run'), 's0003', 'segment')).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('round segment reads the image of the slide; expected its bundle'),
  });
  await expect(recompute(at('one.run'), 's9999', 'segment', sources)).rejects.toMatchObject({
    code: 'USAGE',
  });
});
