import { describe, expect, it } from 'vitest';
import { bound, randomTile } from './small-tile.ts';

describe('counted work', () => {
  it('begins at nothing with every tile and grows by what a kernel does', async () => {
    const t = randomTile(1);
    const b = await bound(t);
    const before = b.work();
    const accepted = b.kernel.moveLabels(b.tile, 0, 5, 1);
    const moved = b.kernel.movePlaces(b.tile, 0);
    b.kernel.drawForeground(b.tile, 0, false);
    b.kernel.drawLoadings(b.tile, 0);
    const after = b.work();
    const did = (kind: string): number => after[kind] - before[kind];
    const n = t.transcripts.length;
    expect(did('labelProposals')).toBe(b.integer('proposed'));
    expect(did('labelsAccepted')).toBe(accepted);
    expect(did('labelsWeighed')).toBeGreaterThanOrEqual(accepted);
    expect(did('labelsWeighed')).toBeLessThanOrEqual(b.integer('proposed'));
    expect([did('placeProposals'), did('placesAccepted'), did('ratesRefreshed')]).toEqual([n, moved, n]);
    expect(did('foregroundDraws')).toBe(n);
    const dimensions = t.privateGenes + t.theta[0].length;
    const cells = b.arrays.size.filter((size, c) => c > 0 && size > 0).length;
    expect(did('loadingDraws')).toBe(cells * dimensions);
    expect(did('streamBlocks')).toBeGreaterThanOrEqual(cells * dimensions);
    b.release();
    const next = await bound(t);
    expect(next.work()).toEqual(before);
    next.release();
  });

  it('adds the length of every inner product', async () => {
    const t = randomTile(2);
    const b = await bound(t);
    const before = b.work().multiplyAdds;
    b.kernel.refreshRates(b.tile);
    const { current, label, gene } = b.arrays;
    const products = Array.from(current.keys()).filter(
      (i) => label[current[i]] !== 0 && gene[i] >= t.privateGenes,
    ).length;
    expect(products).toBeGreaterThan(5);
    expect(b.work().multiplyAdds - before).toBe(products * b.integer('factorWidth'));
    b.release();
  });
});
