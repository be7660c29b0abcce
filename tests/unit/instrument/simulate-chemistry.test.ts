import { Emission } from '@spatile/instrument/simulate/emission';
import { expectedShares, MODULES } from '@spatile/instrument/simulate/expression';
import { LEAK_LIMIT_UM, Leakage } from '@spatile/instrument/simulate/leakage';
import { resolveSettings, type SimulateOptions } from '@spatile/instrument/simulate/options';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { drawTranscriptome } from '@spatile/instrument/simulate/transcriptome';
import { TranscriptBuffer } from '@spatile/instrument/simulate/transcripts';
import { describe, expect, it } from 'vitest';
import { SimulateKernel } from '../../../instrument/kernels/bind.ts';

interface Row {
  /** Number of the cell over the whole slide, from 0; -1 = none. */
  cell: number;
  type: number;
  feature: number;
  qv: number;
  displaced: boolean;
  /** Distance from the place of birth in microns, and the place that the cell leaks as. */
  movedUm: number;
  seedX: number;
  seedY: number;
}

/** All transcripts of a slide as drawn, before they are written. */
function emit(options: Omit<SimulateOptions, 'out'>) {
  const settings = resolveSettings({ out: '', ...options });
  const tissue = new Tissue(settings);
  const transcriptome = drawTranscriptome(settings, null);
  const emission = new Emission(tissue, transcriptome);
  const buffer = new TranscriptBuffer();
  const rows: Row[] = [];
  let cells = 0;
  for (let row = 0; row < tissue.grid.rows; row++) {
    for (let column = 0; column < tissue.grid.columns; column++) {
      emission.fill(column, row, buffer);
      const block = tissue.block(column, row);
      for (let i = 0; i < buffer.length; i++) {
        const label = buffer.cell[i];
        rows.push({
          cell: label === 0 ? -1 : cells + label - 1,
          type: label === 0 ? -1 : buffer.typeOf[label - 1],
          feature: buffer.feature[i],
          qv: buffer.qv[i],
          displaced: buffer.displaced[i] === 1,
          movedUm: Math.hypot(buffer.x[i] - buffer.bornX[i], buffer.y[i] - buffer.bornY[i]),
          seedX: label === 0 ? 0 : block[label - 1].body.centreX,
          seedY: label === 0 ? 0 : block[label - 1].body.centreY,
        });
      }
      cells += block.length;
    }
  }
  return { settings, ...transcriptome, rows, cells };
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const shareOf = (rows: readonly Row[], is: (row: Row) => boolean): number => mean(rows.map((r) => +is(r)));

const slide = emit({ sizeUm: 560, genes: 200, seed: 8 });
const { panel, expression, settings } = slide;
const fromCells = slide.rows.filter(({ cell }) => cell >= 0);
/** Rows whose gene is what the cell expressed: poor calls may name another. */
const trueCalls = fromCells.filter(({ qv }) => qv >= 20);

describe('expression', () => {
  it('adds up, over the cells of a type, to the shares that the truth tells', () => {
    panel.typeNames.forEach((_, type) => {
      const own = trueCalls.filter((row) => row.type === type);
      expect(own.length).toBeGreaterThan(4000);
      const counts = new Float64Array(panel.genes);
      for (const { feature } of own) counts[feature]++;
      const apart = (shares: Float64Array) =>
        shares.reduce((sum, share, g) => sum + Math.abs(share - counts[g] / own.length), 0) / 2;
      expect(apart(expectedShares(expression, type)), `type ${type}`).toBeLessThan(0.08);
      const another = expectedShares(expression, (type + 3) % panel.typeNames.length);
      expect(apart(another), `type ${type}`).toBeGreaterThan(0.3);
    });
  });

  it('keeps markers to their type, and lineage markers to their lineage', () => {
    const lineages = [0, 0, 0, 1, 1, 2, 2, 2];
    expect(panel.markerOf.filter((type) => type >= 0).length).toBeGreaterThan(20);
    expect(panel.lineageOf.filter((lineage) => lineage >= 0).length).toBeGreaterThan(3);
    const ofTypes = trueCalls.filter(({ feature }) => panel.markerOf[feature] >= 0);
    const ofLineages = trueCalls.filter(({ feature }) => panel.lineageOf[feature] >= 0);
    expect(ofTypes.filter(({ feature, type }) => panel.markerOf[feature] !== type)).toEqual([]);
    expect(ofLineages.filter(({ feature, type }) => panel.lineageOf[feature] !== lineages[type])).toEqual([]);
    expect(ofTypes.length / trueCalls.length).toBeGreaterThan(0.15);
    expect(ofLineages.length / trueCalls.length).toBeGreaterThan(0.05);
  });

  it('varies between the cells of a type beyond chance, gene module by gene module', () => {
    const type = 0;
    const perCell = new Map<number, Float64Array>();
    for (const row of trueCalls) {
      if (row.type !== type) continue;
      const modules = perCell.get(row.cell) ?? new Float64Array(MODULES);
      modules[expression.moduleOf[row.feature]]++;
      perCell.set(row.cell, modules);
    }
    const cells = [...perCell.values()].map((modules) => ({
      modules,
      n: modules.reduce((a, b) => a + b, 0),
    }));
    for (let m = 0; m < MODULES; m++) {
      const expected = expectedShares(expression, type).reduce(
        (sum, share, g) => sum + (expression.moduleOf[g] === m ? share : 0),
        0,
      );
      const variance = mean(cells.map(({ modules, n }) => (modules[m] / n - expected) ** 2));
      const byChance = mean(cells.map(({ n }) => (expected * (1 - expected)) / n));
      expect(variance / byChance, `module ${m}`).toBeGreaterThan(2);
    }
  });
});

describe('the leak', () => {
  it('has the length of a t of 2 degrees of freedom, cut off', () => {
    const beyond = (r: number): number => 1 / (1 + (r * r) / (2 * 4 * 4));
    const cut = beyond(LEAK_LIMIT_UM);
    const { setCell, leakDistance } = new SimulateKernel().calls;
    setCell(1, 0.2, 1, 4);
    for (const r of [1, 5.66, 15, 40]) {
      expect(leakDistance((beyond(r) - cut) / (1 - cut))).toBeCloseTo(r, 6);
    }
    expect(leakDistance(1e-12)).toBeLessThanOrEqual(LEAK_LIMIT_UM + 1e-6);
  });

  it('takes the share asked for, and goes far more often than a normal one would', () => {
    const leaked = fromCells.filter(({ displaced }) => displaced);
    // Regions average 1, genes 1.06, damage adds some.
    expect(leaked.length / fromCells.length).toBeGreaterThan(settings.leakShare * 0.8);
    expect(leaked.length / fromCells.length).toBeLessThan(settings.leakShare * 1.5);
    const beyond15 = shareOf(leaked, ({ movedUm }) => movedUm > 15);
    expect(beyond15).toBeGreaterThan(0.09);
    expect(beyond15).toBeLessThan(0.2);
    expect(leaked.filter(({ movedUm }) => movedUm > LEAK_LIMIT_UM + 0.01)).toEqual([]);
    const stayed = fromCells.filter(({ displaced }) => !displaced).map(({ movedUm }) => movedUm ** 2);
    expect(Math.sqrt(mean(stayed) / 2)).toBeCloseTo(0.4, 1);
  });

  it('differs between genes as the panel says', () => {
    const byFactor = (low: number, high: number) =>
      shareOf(
        trueCalls.filter(
          ({ feature }) => panel.leakFactor[feature] >= low && panel.leakFactor[feature] < high,
        ),
        ({ displaced }) => displaced,
      );
    expect(byFactor(1.4, 9) / byFactor(0, 0.75)).toBeGreaterThan(1.8);
  });

  it('differs between regions, and goes farther where tissue is damaged', () => {
    const leakage = new Leakage(settings);
    const regions = fromCells.map((row) => ({ ...row, ...leakage.regionAt(row.seedX, row.seedY) }));
    const strong = regions.filter(({ chance }) => chance > 1.2);
    const weak = regions.filter(({ chance }) => chance < 0.9);
    expect(shareOf(strong, (r) => r.displaced) / shareOf(weak, (r) => r.displaced)).toBeGreaterThan(1.4);
    const far = (rows: readonly Row[]) =>
      shareOf(
        rows.filter((r) => r.displaced),
        (r) => r.movedUm > 15,
      );
    const damaged = regions.filter(({ reach }) => reach > 1.2);
    expect(damaged.length).toBeGreaterThan(1000);
    expect(far(damaged) / far(regions.filter(({ reach }) => reach === 1))).toBeGreaterThan(1.3);
  });
});

describe('background and calls', () => {
  it('make up the shares asked for', () => {
    const { ambientUniform, ambientLocal } = settings;
    const isGene = ({ feature }: Row) => feature < panel.genes;
    const ambient = slide.rows.filter((row) => row.cell < 0 && isGene(row)).length / fromCells.length;
    expect(ambient).toBeGreaterThan(0.6 * (ambientUniform + ambientLocal));
    expect(ambient).toBeLessThan(1.6 * (ambientUniform + ambientLocal));
    const controls = shareOf(slide.rows, (row) => !isGene(row));
    expect(controls).toBeGreaterThan(0.002);
    expect(controls).toBeLessThan(0.008);
    expect(shareOf(slide.rows, ({ qv }) => qv < 20)).toBeCloseTo(0.1, 2);
  });

  it('name a wrong gene in three tenths of the poor calls only', () => {
    const poor = fromCells.filter(({ qv, feature }) => qv < 20 && panel.markerOf[feature] >= 0);
    const wrong = shareOf(poor, ({ feature, type }) => panel.markerOf[feature] !== type);
    // A wrong gene is the type's own marker at times.
    expect(wrong).toBeGreaterThan(0.18);
    expect(wrong).toBeLessThan(0.4);
  });

  it('are heavier in the leaky preset and lighter in the easy one', () => {
    const facts = (preset: 'leaky' | 'easy' | 'default') => {
      const { rows, panel: own } = emit({ sizeUm: 250, genes: 60, seed: 2, preset });
      const cells = rows.filter(({ cell }) => cell >= 0);
      return {
        leaked: shareOf(cells, ({ displaced }) => displaced),
        ambient: rows.filter(({ cell, feature }) => cell < 0 && feature < own.genes).length / cells.length,
      };
    };
    const [leaky, plain, easy] = [facts('leaky'), facts('default'), facts('easy')];
    expect(leaky.leaked).toBeGreaterThan(1.6 * plain.leaked);
    expect(leaky.ambient).toBeGreaterThan(1.6 * plain.ambient);
    expect(easy.leaked).toBeLessThan(0.4 * plain.leaked);
    expect(easy.ambient).toBeLessThan(0.5 * plain.ambient);
  });
});

describe('a block', () => {
  it('is the same whatever was drawn before it', () => {
    const own = resolveSettings({ out: '', sizeUm: 500, genes: 60, seed: 4 });
    const alone = new TranscriptBuffer();
    const after = new TranscriptBuffer();
    new Emission(new Tissue(own)).fill(1, 1, alone);
    const emission = new Emission(new Tissue(own));
    for (const [column, row] of [
      [2, 2],
      [0, 1],
      [1, 1],
    ])
      emission.fill(column, row, after);
    expect(alone.length).toBeGreaterThan(1000);
    expect(after.length).toBe(alone.length);
    for (const name of ['feature', 'cell', 'x', 'y', 'z', 'qv', 'bornX', 'displaced'] as const) {
      expect(after[name].subarray(0, after.length), name).toEqual(alone[name].subarray(0, alone.length));
    }
  });
});
