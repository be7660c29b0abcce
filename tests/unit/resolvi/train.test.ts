import { readCounted } from '@spatile/formats/tile/correct';
import { encodeFrame as frameBytes } from '@spatile/formats/tile/frame';
import {
  attributeFrame,
  encodeFrame,
  readEncoded,
  readTrained,
  type TrainInput,
  trainFrame,
} from '@spatile/formats/tile/resolvi';
import { attributeResolvi, encodeResolvi } from '@spatile/worker/correct/resolvi/apply';
import { trainResolvi } from '@spatile/worker/correct/resolvi/train';
import { describe, expect, test } from 'vitest';
import { littleSlide, littleTraining, NEIGHBOURS } from './little.ts';

const context = { progress: () => {}, count: () => {} };
const trained = (input: TrainInput) => trainResolvi(trainFrame(input), context);
const CELLS = 90;

/** Trains on a little slide, and applies what was learned to it. */
async function corrected(input: TrainInput, cells: number) {
  const { size, priors } = input;
  const { checkpoint, logits, loss } = readTrained(await trained(input));
  const { parameters } = checkpoint;
  const encoded = readEncoded(
    await encodeResolvi(encodeFrame({ size, provider: 'cpu', parameters, cells: input.cells }), context),
  );
  const neighbourState = new Float32Array(cells * NEIGHBOURS * size.latent);
  input.neighbour.forEach((other, i) => {
    neighbourState.set(
      encoded.state.subarray(other * size.latent, (other + 1) * size.latent),
      i * size.latent,
    );
  });
  const used = new Uint8Array(cells).fill(1);
  used[0] = 0;
  const frame = attributeFrame({
    ...{ size, provider: 'cpu', parameters, used, neighbourState, cells: input.cells },
    ...{ medianDistance: priors.medianDistance, state: encoded.state, shares: encoded.shares },
    ...{ distance: input.distance, logit: logits.logit },
  });
  const counted = readCounted(await attributeResolvi(frame, context));
  return { loss, encoded, counted };
}

describe('training', () => {
  test('gives the same bytes by seed, and others by another', async () => {
    const input = littleTraining(CELLS, 0.2);
    const bytes = frameBytes(await trained(littleTraining(CELLS, 0.2)));
    expect(Buffer.compare(frameBytes(await trained(input)), bytes)).toBe(0);
    const other = littleTraining(CELLS, 0.2, { settings: { ...input.settings, seed: 4 } });
    expect(Buffer.compare(frameBytes(await trained(other)), bytes)).not.toBe(0);
  });

  test('taken up from a checkpoint ends as if it had not stopped', async () => {
    const whole = readTrained(await trained(littleTraining(CELLS, 0.2)));
    const half = readTrained(await trained(littleTraining(CELLS, 0.2, { toEpoch: 2 })));
    const rest = readTrained(
      await trained(
        littleTraining(CELLS, 0.2, {
          ...{ fromEpoch: 2, step: half.step, poolStep: half.step },
          ...{ checkpoint: half.checkpoint, logits: half.logits },
        }),
      ),
    );
    expect(rest.step).toBe(whole.step);
    expect(rest.checkpoint).toEqual(whole.checkpoint);
    expect(rest.logits).toEqual(whole.logits);
    expect([...half.loss, ...rest.loss]).toEqual([...whole.loss]);
  });

  test('lowers the loss, finds the labels and takes away what neighbours brought', async () => {
    const cells = 240;
    const { type, own, rows } = littleSlide(cells, 0.2);
    const input = littleTraining(cells, 0.2, { toEpoch: 60 });
    const { loss, encoded, counted } = await corrected(input, cells);
    expect(loss[59]).toBeLessThan(loss[4]);
    const right = type.filter((t, i) => encoded.labels[2 * i + t] > 0.5).length;
    expect(right / cells).toBeGreaterThan(0.95);
    let [native, nativeKept, spilled, spillKept] = [0, 0, 0, 0];
    let e = 0;
    rows.length.forEach((n, cell) => {
      for (const end = e + n; e < end; e++) {
        if (cell === 0) continue;
        const share = counted.corrected[e] / rows.count[e];
        native += own[e];
        nativeKept += own[e] * share;
        // Transcripts of the other type's markers: those of its own type nobody can tell apart.
        if (Math.floor(rows.gene[e] / 6) === type[cell]) continue;
        spilled += rows.count[e];
        spillKept += counted.corrected[e];
      }
    });
    expect(nativeKept / native).toBeGreaterThan(0.75);
    expect(spillKept / spilled).toBeLessThan(0.5);
  });
});

test('corrected counts lie between nothing and the counts, and are exact beside what was removed', async () => {
  const input = littleTraining(CELLS, 0.3);
  const { counted, encoded } = await corrected(input, CELLS);
  const { count, length } = input.cells;
  counted.corrected.forEach((value, e) => {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(count[e]);
    expect(Math.fround(count[e] - value) + value).toBe(count[e]);
  });
  // The first cell was not to be touched.
  expect([...counted.corrected.subarray(0, length[0])]).toEqual([...count.subarray(0, length[0])]);
  for (let i = 0; i < CELLS; i++) {
    const [a, b, c] = encoded.shares.subarray(3 * i, 3 * i + 3);
    expect(a + b + c).toBeCloseTo(1.013, 5);
  }
});
