import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profilesOf } from '@spatile/coordinator/assign/proseg/ambient';
import { TileStates } from '@spatile/coordinator/assign/states';
import { NO_COMPONENT, slideCounts } from '@spatile/coordinator/assign/stray-counts';
import type { SlideContext } from '@spatile/coordinator/run/slide';
import { RunStore } from '@spatile/coordinator/run/store';
import { defaultConfig } from '@spatile/formats/config/schema';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { NO_GENE } from '@spatile/formats/tile/parts';
import {
  settledCellsFrame,
  settledCountsFrame,
  settledTileFrame,
  settledVerdictsFrame,
} from '@spatile/formats/tile/settled';
import { encodeProfiles, tileStraysFrame } from '@spatile/formats/tile/strays';
import { countsOf } from '@spatile/worker/assign/proseg/settle/counts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Six cells in two tiles (1 to 3 and 4 to 6); cell 3 has no voxel. Transcripts of a tile may lie in cells of the other. */
const TILES = [
  { own: [1, 2], component: [0, 1], cell: [1, 1, 2, 3, 4, 0, 1, 5], gene: [0, 0, 1, 2, 1, 1, NO_GENE, 2] },
  { own: [4, 5, 6], component: [1, 1, 0], cell: [4, 6, 6, 2, 3, 5], gene: [1, 0, 0, 1, 2, NO_GENE] },
];
/** Feature of each gene of the model: feature 1 has no transcript, 4 is a control. */
const FEATURE = [2, 0, 3];
const CONTROL = 0xffffffff;

let store: RunStore;
beforeEach(async () => {
  store = new RunStore(await mkdtemp(join(tmpdir(), 'spatile-stray-counts-')));
});
afterEach(() => rm(store.directory, { recursive: true }));

const verdictsOf = ({ cell, gene }: (typeof TILES)[number]) => ({
  cell: Uint32Array.from(cell),
  probability: new Float32Array(cell.length).fill(0.75),
  gene: Uint16Array.from(gene),
});

async function settledSlide(): Promise<SlideContext> {
  const config = defaultConfig();
  config.assign.proseg.components = 2;
  await store.makeFolder('results/assign-settle');
  for (const [t, tile] of TILES.entries()) {
    const cells = { cell: Uint32Array.from(tile.own), component: Uint16Array.from(tile.component) };
    const edge = new Int32Array(tile.own.length);
    const boxes = { x0: edge, y0: edge, x1: edge, y1: edge };
    const verdicts = verdictsOf(tile);
    const meta = {
      tile: `t${t}`,
      grid: { voxelUm: 1, layers: 1, layerUm: 0 },
      transcripts: tile.cell.length,
      voxels: [],
    };
    const bytes = encodeFrame(
      settledTileFrame(meta, {
        verdicts: encodeFrame(settledVerdictsFrame(verdicts)),
        cells: encodeFrame(
          settledCellsFrame({ ...cells, columns: new Uint32Array(tile.own.length), ...boxes }),
        ),
        counts: encodeFrame(settledCountsFrame(countsOf(verdicts, cells))),
      }),
    );
    await store.commit(`results/assign-settle/t${t}.frame`, bytes);
  }
  return {
    config,
    plan: { tiles: [{ id: 't0' }, { id: 't1' }] },
    cells: {
      priorId: ['1', '2', '3', '4', '5', '6'],
      seedX: Float64Array.of(0, 10, 20, 30, 40, 50),
      seedY: Float64Array.of(0, 1, 2, 3, 4, 5),
    },
    features: { genes: 4, modelGenes: 3, modelGene: Uint32Array.of(1, CONTROL, 0, 2, CONTROL) },
  } as unknown as SlideContext;
}

describe('what workers counted of settled tiles', () => {
  it('adds up to what the slide holds, cells of other tiles included', async () => {
    const slide = await settledSlide();
    const counts = await slideCounts({ slide, store, busyTiles: [0, 1] });
    const component = [0, 1, NO_COMPONENT, 1, 1, 0];
    const transcripts = [0, 0, 0, 0, 0, 0];
    const tally = { components: 2, genes: 4, counts: new Float64Array(8) };
    for (const { cell, gene } of TILES)
      cell.forEach((c, i) => {
        if (c === 0 || gene[i] === NO_GENE) return;
        transcripts[c - 1]++;
        if (component[c - 1] !== NO_COMPONENT) tally.counts[component[c - 1] * 4 + FEATURE[gene[i]]]++;
      });
    expect([...counts.component]).toEqual(component);
    expect([...counts.transcripts]).toEqual(transcripts);
    const { share, slide: all, weight } = profilesOf(tally);
    const expected = encodeProfiles({
      components: 2,
      genes: 3,
      share: Float64Array.from([0, 1].flatMap((k) => FEATURE.map((f) => share[4 * k + f]))),
      slide: Float64Array.from(FEATURE, (f) => all[f]),
      weight,
    });
    expect(counts.profiles).toEqual(expected);
    expect(counts.limit).toBe(0.5);
  });

  it('says where the seeds of the cells of each tile lie', async () => {
    const { seeds } = await slideCounts({ slide: await settledSlide(), store, busyTiles: [0, 1] });
    expect(seeds.get(0)).toEqual({ x0: 0, y0: 0, x1: 40, y1: 4 });
    expect(seeds.get(1)).toEqual({ x0: 10, y0: 1, x1: 50, y1: 5 });
  });

  it('may be of nothing', () => {
    const none = { cell: new Uint32Array(0), gene: new Uint16Array(0), component: new Uint16Array(0) };
    const { kinds, own, others } = countsOf(none, none);
    for (const { length } of [kinds.count, own.transcripts, others.count]) expect(length).toBe(0);
  });
});

it('verdicts are read with strays taken out, and as they were settled before that', async () => {
  const slide = await settledSlide();
  const states = new TileStates(store, slide.plan);
  states.adoptResults(1, [0, 1]);
  expect((await states.verdicts(1))?.cell).toEqual(Uint32Array.from(TILES[1].cell));
  await store.makeFolder('results/assign-ambient');
  const changes = { at: Uint32Array.of(1, 5), probability: Float32Array.of(0.5, 1) };
  const lost = { cell: new Uint32Array(0), gene: new Uint16Array(0), lost: new Float64Array(0) };
  await store.commit('results/assign-ambient/t1.frame', encodeFrame(tileStraysFrame('t1', changes, lost)));
  states.adoptResults(2, [1]);
  const wanted = {
    cell: Uint32Array.of(4, 0, 6, 2, 3, 0),
    probability: Float32Array.of(0.75, 0.5, 0.75, 0.75, 0.75, 1),
  };
  expect(await states.verdicts(1)).toEqual(wanted);
  const whole = (await states.read(1))!;
  expect(whole.state.verdicts).toEqual(wanted);
  expect([...whole.state.cells.cell]).toEqual(TILES[1].own);
  expect([...(await states.cells(1))!.cell]).toEqual(TILES[1].own);
  expect((await states.verdicts(0))?.cell).toEqual(Uint32Array.from(TILES[0].cell));
});
