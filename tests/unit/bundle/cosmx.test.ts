import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { describe, expect, it } from 'vitest';
import { count, readAll, tally } from './read-all.ts';
import { hasSharedData, shared, skipNote } from './shared-data.ts';

const config = { ...defaultConfig().input, cosmxPixelSizeUm: 0.18 };
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);

describe.skipIf(!hasSharedData)(`CosMx flat files${skipNote}`, () => {
  it('reads the lung field of view with y running down', async () => {
    const bundle = await openBundle(shared('cosmx/lung12-fov2'), config);
    expect(bundle).toMatchObject({ platform: 'cosmx', name: 'Lung12', images: [], pixelSizeUm: 0.18 });
    expect(codes(bundle.findings)).toEqual(['COSMX_FRAME', 'COSMX_Z', 'COSMX_IMAGES']);
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(12542);
    expect(bundle.transcripts.features).toHaveLength(979);
    expect(tally(rows.kind)).toEqual({ gene: 12542 - 128, negative_control_probe: 128 });
    expect(count(bundle.transcripts.features, ({ kind }) => kind !== 'gene')).toBe(20);
    expect(count(rows.cell, (cell) => cell !== '')).toBe(9847);
    expect(bundle.transcripts.cellIds).toHaveLength(67);
    expect(bundle.transcripts.cellIds.every((id) => /^2_[1-9]\d*$/.test(id))).toBe(true);
    expect(count(rows.nuclear, (flag) => flag === 1)).toBe(6350);
    expect(rows.x[0]).toBe(Math.fround(5324.26944444444 * 0.18));
    expect(rows.y[0]).toBe(Math.fround(157187.503333333 * 0.18));
    expect(new Set(rows.z).size).toBe(10);
  });

  it('reads the brain set: FOV-wise cell ids, names with a slash, CellComp "None"', async () => {
    const bundle = await openBundle(shared('cosmx/brain-27cells'), config);
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(4188);
    expect(bundle.transcripts.features).toHaveLength(748);
    expect(count(rows.cell, (cell) => cell === '')).toBe(1467);
    expect(bundle.transcripts.cellIds).toContain('1_367');
    expect(rows.name).toContain('Aph1b/c');
    expect([rows.nuclear[0], rows.nuclear[1]]).toEqual([0, 1]);
  });
});
