import { describe, expect, test } from 'vitest';
import {
  cosmxCsv,
  hasSharedData,
  type InputRow,
  merscopeCsv,
  skipNote,
  xeniumParquet,
} from './instrument-files.ts';
import { segment } from './real-run.ts';
import { SHORT_PROSEG, testFolder } from './slide.ts';

const at = testFolder();
const settings = {
  assign: { method: 'proseg', proseg: SHORT_PROSEG },
  output: { images: 'none' },
} as const;

describe.skipIf(!hasSharedData)(`real data, proseg with a short schedule${skipNote}`, () => {
  const sets: [string, string, () => InputRow[] | Promise<InputRow[]>, number, number][] = [
    ['lung', 'xenium/lung-10k', () => xeniumParquet('xenium/lung-10k/transcripts.parquet'), 0.12, 135],
    [
      'brain',
      'merscope/brain-crop',
      () => merscopeCsv('merscope/brain-crop/detected_transcripts.csv'),
      0.12,
      159,
    ],
    ['lung12', 'cosmx/lung12-fov2', () => cosmxCsv('cosmx/lung12-fov2/Lung12_tx_file.csv', 0.18), 0.18, 55],
  ];
  test.each(sets)('%s: %s', async (name, bundle, read, cosmxPixelSizeUm, leastCells) => {
    const { summary, rows, table, assignedShare, nuclearAgreement } = await segment(
      at(`${name}.zarr`),
      bundle,
      await read(),
      {
        ...settings,
        input: { cosmxPixelSizeUm },
      },
    );
    expect(summary.method).toBe('proseg');
    expect(table.obsIndex.length).toBeGreaterThanOrEqual(leastCells);
    expect(assignedShare).toBeGreaterThan(0.4);
    // MERSCOPE says of no transcript whether it is in a nucleus.
    if (name !== 'brain') expect(nuclearAgreement).toBeGreaterThan(0.7);
    expect(rows.every(({ probability }) => probability >= 0 && probability <= 1)).toBe(true);
    // Probabilities are a posterior, not a constant.
    expect(new Set(rows.map(({ probability }) => probability)).size).toBeGreaterThan(2);
  });
});
