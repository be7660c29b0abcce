import type { TileState } from '@spatile/formats/tile/state';
import { CellIndex } from '../cells/region.ts';
import {
  contamination,
  emptyComponentCounts,
  limitOf,
  nativeRatio,
  type Profiles,
  profilesOf,
  specificProfiles,
  strayProbability,
  surroundings,
} from './proseg/ambient.ts';
import type { AssignStage } from './stage.ts';
import { StrayTally } from './strays.ts';

const NO_COMPONENT = 0xffff;

/** What the whole slide knows of its cells: memory grows with cells, and with components x genes. */
interface SlideCells {
  profiles: Profiles;
  /** By cell (cell c at c - 1); `NO_COMPONENT` without voxels. */
  component: Uint16Array;
  /** Assigned gene transcripts by cell. */
  transcripts: Uint32Array;
  /** Share of transcripts that strayed in, and the native ratio below which one is left out. */
  contaminated: number;
  limit: number;
}

type Stage = Pick<AssignStage, 'slide' | 'regions' | 'states' | 'runner' | 'store' | 'busyTiles'>;

/**
 * Makes the last version of the settled states: transcripts that probably strayed into their cell become background (see
 * `proseg/ambient.ts`), and so do those that are less sure of it than `assign.proseg.minProbability`. Two passes over partitions
 * and states, one tile in memory at a time; integer sums, so that the order of tiles does not matter.
 */
export async function settleAmbient(stage: Stage, version: number): Promise<void> {
  const { slide, states, runner, store, busyTiles } = stage;
  const { ambient, minProbability } = slide.config.assign.proseg;
  if ((ambient.ratio === 0 && minProbability === 0) || (await states.adopt(version))) return;
  const cells = await countComponents(stage);
  const index = new CellIndex(slide.cells);
  const strays = new StrayTally(slide.features.features.length);
  const touched: number[] = [];
  for (const tile of busyTiles) {
    runner.checkAborted();
    const entry = await states.read(tile);
    if (entry === null) continue;
    const { feature } = await stage.regions.partition(tile);
    const verdicts = withoutStrays(stage, cells, index, feature, entry.state.verdicts);
    strays.note(entry.state.verdicts, verdicts, feature);
    await states.write(version, tile, entry.grid, { ...entry.state, verdicts });
    touched.push(tile);
  }
  await strays.write(store);
  await states.complete(version, touched);
}

async function countComponents({ slide, regions, states, busyTiles }: Stage): Promise<SlideCells> {
  const { genes } = slide.features;
  const component = new Uint16Array(slide.cells.priorId.length).fill(NO_COMPONENT);
  const transcripts = new Uint32Array(component.length);
  for (const tile of busyTiles) {
    const cells = (await states.read(tile))?.state.cells;
    cells?.cell.forEach((cell, i) => {
      component[cell - 1] = cells.component[i];
    });
  }
  const tally = emptyComponentCounts(slide.config.assign.proseg.components, genes);
  for (const tile of busyTiles) {
    const cell = (await states.read(tile))?.state.verdicts.cell;
    if (cell === undefined) continue;
    const { feature } = await regions.partition(tile);
    for (let i = 0; i < cell.length; i++) {
      if (cell[i] === 0 || feature[i] >= genes) continue;
      transcripts[cell[i] - 1]++;
      const k = component[cell[i] - 1];
      if (k !== NO_COMPONENT) tally.counts[k * genes + feature[i]]++;
    }
  }
  const isWide = slide.features.modelGenes > slide.config.assign.proseg.privateGenes;
  const profiles = isWide ? specificProfiles(tally) : profilesOf(tally);
  const contaminated = contamination(tally, profiles);
  const limit = limitOf(contaminated, slide.config.assign.proseg.ambient);
  return { profiles, component, transcripts, contaminated, limit };
}

function withoutStrays(
  { slide }: Stage,
  { profiles, component, transcripts, limit }: SlideCells,
  index: CellIndex,
  feature: Uint32Array,
  verdicts: TileState['verdicts'],
): TileState['verdicts'] {
  const { ambient, minProbability } = slide.config.assign.proseg;
  const around = new Map<number, Float64Array>();
  const aroundOf = (cell: number): Float64Array => {
    let mix = around.get(cell);
    if (mix === undefined) {
      const nearby = new Float64Array(profiles.components);
      for (const other of index.seedsWithin(cell, ambient.radiusUm)) {
        if (component[other - 1] !== NO_COMPONENT) nearby[component[other - 1]] += transcripts[other - 1];
      }
      mix = surroundings(nearby, profiles);
      around.set(cell, mix);
    }
    return mix;
  };
  const out = { ...verdicts, cell: verdicts.cell.slice(), probability: verdicts.probability.slice() };
  for (let i = 0; i < out.cell.length; i++) {
    const cell = out.cell[i];
    if (cell !== 0 && out.probability[i] < minProbability) {
      out.cell[i] = 0;
      out.probability[i] = 1 - out.probability[i];
      continue;
    }
    if (cell === 0 || feature[i] >= profiles.genes || component[cell - 1] === NO_COMPONENT) continue;
    const ratio = nativeRatio(profiles, component[cell - 1], feature[i], aroundOf(cell));
    if (ratio >= limit) continue;
    out.cell[i] = 0;
    out.probability[i] = strayProbability(ratio, limit);
  }
  return out;
}
