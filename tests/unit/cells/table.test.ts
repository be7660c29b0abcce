import { cellTableFrame, cellTableFrom } from '@spatile/coordinator/cells/store';
import { buildCellTable } from '@spatile/coordinator/cells/table';
import { cellIndexFromScan } from '@spatile/coordinator/run/slide';
import { scanTranscripts } from '@spatile/coordinator/scan/scan';
import { scanFrame, scanFrom } from '@spatile/coordinator/scan/store';
import type { PriorSource } from '@spatile/formats/bundle/slide';
import { configSchema } from '@spatile/formats/config/schema';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { describe, expect, it } from 'vitest';
import { type LittleTranscript, littleBundle, squares } from '../scan/little-bundle.ts';

const RULES = { minQv: null, dropInvalid: false, contains: null };

/** The scan and cells of a little bundle, both as a resumed run reads them. */
async function cellsOf(
  transcripts: LittleTranscript[],
  priors: PriorSource[] = [],
  file: PriorSource | null = null,
) {
  const bundle = littleBundle(transcripts, priors);
  const fresh = await scanTranscripts(bundle, RULES, 16, () => {});
  const scan = scanFrom(decodeFrame(encodeFrame(scanFrame(fresh)), 'scan', 'scan.frame'));
  const table = await buildCellTable(bundle, file, scan, configSchema.parse({}).prior, null);
  const cells = cellTableFrom(decodeFrame(encodeFrame(cellTableFrame(table)), 'cells', 'cells.frame'));
  return { scan, cells };
}

const at = (x: number, y: number, cell: string | null, nuclear = false) => ({ x, y, cell, nuclear });

describe('the width of a cell that the prior knows by transcripts alone', () => {
  const wide = [at(10, 10, 'a'), at(40, 10, 'a'), at(10, 20, 'a'), at(40, 20, 'a')];

  it('is that of all its transcripts when none is nuclear', async () => {
    const { cells } = await cellsOf([at(0, 0, null), ...wide]);
    expect([cells.seedX[0], cells.seedY[0]]).toEqual([25, 15]);
    expect(cells.reachUm[0]).toBeCloseTo(Math.hypot(15, 5), 6);
    expect(cells.diameterUm[0]).toBe(30);
    expect([cells.nucleus[0], cells.outline[0]]).toEqual([[], []]);
  });

  it('is that of its nuclear transcripts when there are some, in whatever order they come', async () => {
    const nuclear = [at(20, 14, 'a', true), at(28, 16, 'a', true)];
    for (const order of [
      [...wide, ...nuclear],
      [...nuclear, ...wide],
      [wide[0], ...nuclear, ...wide.slice(1)],
    ]) {
      const { cells } = await cellsOf(order);
      expect([cells.seedX[0], cells.seedY[0]]).toEqual([24, 15]);
      expect(cells.reachUm[0]).toBeCloseTo(Math.hypot(4, 1), 6);
      expect(cells.diameterUm[0]).toBe(8);
    }
  });

  it('does not count where the cell has an outline', async () => {
    const { cells } = await cellsOf(wide, [squares('nuclei', { a: [12, 12, 6] })]);
    expect(cells.diameterUm[0]).toBe(6);
    expect(cells.reachUm[0]).toBeCloseTo(Math.hypot(3, 3), 6);
  });

  it('holds for more cells than the first tally has room for', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => [0, 1, 2].map((d) => at(i, d, `c${i}`))).flat();
    const { cells } = await cellsOf(many);
    expect(cells.priorId.length).toBe(3000);
    expect(new Set(cells.diameterUm)).toEqual(new Set([2]));
    expect(new Set(cells.reachUm)).toEqual(new Set([1]));
  });
});

describe('the cells of the bundle and the cells of the run', () => {
  const transcripts = [at(0, 0, 'b'), at(10, 0, 'a'), at(20, 0, 'dropped'), at(30, 0, null)];

  it('are joined by id when the prior is the outlines of the bundle', async () => {
    const { scan, cells } = await cellsOf(transcripts, [squares('nuclei', { a: [10, 0, 4], b: [0, 5, 4] })]);
    expect([cells.fromBundle, cells.priorId, scan.cellIds]).toEqual([
      true,
      ['a', 'b'],
      ['b', 'a', 'dropped'],
    ]);
    expect([...cellIndexFromScan(scan, cells)]).toEqual([2, 1, 0]);
  });

  it('are joined by id when the prior is the ids of the transcripts', async () => {
    const three = transcripts.flatMap((t) => [t, t, t]);
    const { scan, cells } = await cellsOf(three);
    expect(cells.fromBundle).toBe(true);
    expect([...cellIndexFromScan(scan, cells)]).toEqual([1, 2, 3]);
  });

  it("are strangers when the prior is the user's, even where the ids are equal", async () => {
    const file = squares('mine.geojson', { a: [10, 0, 4], b: [0, 5, 4] });
    const { scan, cells } = await cellsOf(transcripts, [squares('nuclei', { a: [10, 0, 4] })], file);
    expect([cells.fromBundle, cells.priorId]).toEqual([false, ['a', 'b']]);
    expect([...cellIndexFromScan(scan, cells)]).toEqual([0, 0, 0]);
  });
});

it('a prior file and another source contradict each other', async () => {
  const bundle = littleBundle([{ x: 5, y: 5 }], [squares('nuclei', { a: [0, 0, 10] })]);
  const scan = await scanTranscripts(
    bundle,
    { minQv: null, dropInvalid: false, contains: null },
    16,
    () => {},
  );
  const prior = configSchema.parse({ prior: { source: 'nucleus', file: 'mine.geojson' } }).prior;
  const file = squares('mine.geojson', { b: [0, 0, 10] });
  await expect(buildCellTable(bundle, file, scan, prior, null)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message:
      'prior.source: nucleus contradicts prior.file (mine.geojson); expected file or auto with a file; leave out one of the two',
  });
});
