import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convergenceFindings, driftOf, judgeConvergence } from '@spatile/coordinator/report/convergence';
import { RunStore } from '@spatile/coordinator/run/store';
import { ASSIGN_RESULT } from '@spatile/formats/tile/assign';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { SAMPLED_PIECE, sampledFrame } from '@spatile/formats/tile/parts';
import { describe, expect, it } from 'vitest';

const values = (rHat: number, drift: number): Record<string, number> => ({
  transcripts: 5000,
  rHatLogLikelihood: rHat,
  logLikelihoodDrift: drift,
  rHatForeground: 1,
  foregroundDrift: 0,
});

async function storeWith(tile: string): Promise<RunStore> {
  const store = new RunStore(join(await mkdtemp(join(tmpdir(), 'mixing-')), 'run'));
  await store.create();
  const said = sampledFrame({
    cells: { cell: new Uint32Array(0), component: new Uint16Array(0) },
    trace: {
      iteration: Uint32Array.of(0, 5),
      phase: Uint8Array.of(0, 1),
      logLikelihood: Float32Array.of(-4, -3.5),
      foreground: Float32Array.of(0.5, 0.75),
      labelAcceptance: Float32Array.of(0.25, 0.125),
    },
  });
  const pieces = { [SAMPLED_PIECE]: encodeFrame(said) };
  const frame = { kind: ASSIGN_RESULT, meta: { tile }, tables: {}, pieces };
  await store.makeFolder('results/assign');
  await store.commit(`results/assign/${tile}.frame`, encodeFrame(frame));
  return store;
}

describe('whether tiles have settled', () => {
  it('asks for a drift that matters and that is more than noise', () => {
    expect(driftOf(values(1.05, 0.5))).toBe(0);
    expect(driftOf(values(3, 0.01))).toBeCloseTo(0.5);
    expect(driftOf(values(3, -0.04))).toBeCloseTo(2);
    expect(driftOf({ ...values(1, 0), rHatForeground: 2, foregroundDrift: -0.03 })).toBeCloseTo(3);
  });

  it('names the tiles that have not, the worst first, and traces those it finds', async () => {
    const store = await storeWith('t0002');
    const found = await judgeConvergence(store, [
      { tile: 't0001', values: values(2, 0.021) },
      { tile: 't0002', values: values(2, 0.05) },
      { tile: 't0003', values: values(1, 0.05) },
      { tile: 't0004', values: { ...values(9, 9), transcripts: 0 } },
    ]);
    expect(found).toEqual({
      tiles: 3,
      unsettled: ['t0002', 't0001'],
      verdict: '2 of 3 tiles have not settled: raise assign.proseg.schedule.fineIterations',
      traces: [
        {
          tile: 't0002',
          iteration: [0, 5],
          phase: [0, 1],
          logLikelihood: [-4, -3.5],
          foreground: [0.5, 0.75],
          labelAcceptance: [0.25, 0.125],
        },
      ],
    });
    expect(convergenceFindings(found)).toEqual([
      expect.objectContaining({ level: 'warning', code: 'ASSIGN_NOT_SETTLED' }),
    ]);
  });

  it('says nothing of methods without chains, and warns of nothing when all have settled', async () => {
    const store = await storeWith('t0001');
    expect(await judgeConvergence(store, [{ tile: 't0001', values: { seeds: 4 } }])).toBeNull();
    const settled = await judgeConvergence(store, [{ tile: 't0001', values: values(1, 0) }]);
    expect(settled?.verdict).toBe('the tile has settled');
    expect(convergenceFindings(settled)).toEqual([]);
  });
});
