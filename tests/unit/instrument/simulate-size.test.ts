import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Emission } from '@spatile/instrument/simulate/emission';
import { PRESETS, resolveSettings, type SimulateOptions } from '@spatile/instrument/simulate/options';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { TranscriptBuffer } from '@spatile/instrument/simulate/transcripts';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-size-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the size of a slide', () => {
  it.each([
    ['default', 60_000],
    ['sparse', 40_000],
    ['crowded', 60_000],
  ] as const)('follows from the transcripts asked for: %s', async (preset, transcripts) => {
    const out = join(folder, preset);
    const summary = await simulateSlide({ out, preset, transcripts, genes: 40, seed: 3, images: false });
    expect(Math.abs(summary.transcripts / transcripts - 1)).toBeLessThan(0.1);
  });

  it.each(['default', 'leaky', 'crowded'] as const)('counts a block without making it: %s', (preset) => {
    const settings = resolveSettings({ out: '', preset, genes: 40, seed: 4, sizeUm: 610 });
    const emission = new Emission(new Tissue(settings));
    const buffer = new TranscriptBuffer();
    for (const [column, row] of [
      [1, 1],
      [0, 1],
      [2, 2],
    ]) {
      emission.fill(column, row, buffer);
      const { length } = buffer;
      expect(length).toBeGreaterThan(1000);
      expect(emission.count(column, row, new TranscriptBuffer())).toBe(length);
    }
  });

  it('follows from the area', () => {
    expect(resolveSettings({ out: '', areaMm2: 0.25 }).sizeUm).toBe(500);
    expect(resolveSettings({ out: '', areaMm2: 100 }).sizeUm).toBe(10_000);
  });

  it.each([
    [{ areaMm2: 0.01 }, /areaMm2 is out of range \(0.01\); expected a number from 0.05 to 100/],
    [{ areaMm2: 101 }, /areaMm2 is out of range/],
    [{ transcripts: 10 }, /transcripts is out of range/],
    [{ areaMm2: 1, sizeUm: 500 }, /options exclude each other \(sizeUm and areaMm2\)/],
    [{ transcripts: 5000, sizeUm: 500 }, /options exclude each other \(sizeUm and transcripts\)/],
    [{ genes: 50, reference: 'x.csv' }, /options exclude each other \(genes and reference\)/],
  ] satisfies [Partial<SimulateOptions>, RegExp][])('refuses %o', async (options, message) => {
    const wrong = simulateSlide({ out: join(folder, 'refused'), ...options });
    await expect(wrong).rejects.toThrow(message);
    await expect(wrong).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is refused when no slide holds as much', async () => {
    const wrong = simulateSlide({
      out: join(folder, 'refused'),
      transcripts: 1000,
      transcriptsPerCell: 100_000,
    });
    await expect(wrong).rejects.toThrow(/transcripts is out of reach/);
  });
});

describe('presets', () => {
  it('are all accepted', () => {
    for (const preset of PRESETS) expect(resolveSettings({ out: '', preset }).preset).toBe(preset);
    expect(resolveSettings({ out: '', preset: 'whole-transcriptome' }).genes).toBe(18_000);
  });
});

describe('a large slide', () => {
  it('goes to disk while it is made: no more than a group of rows is waiting', async () => {
    const out = join(folder, 'streamed');
    let most = 0;
    const summary = await simulateSlide(
      { out, sizeUm: 600, transcriptsPerCell: 200, genes: 40, images: false },
      ({ transcripts }) => {
        // Six columns of 4 bytes are stored as they are.
        const written = statSync(join(out, 'transcripts.parquet')).size / 24;
        most = Math.max(most, transcripts - written);
      },
    );
    expect(summary.transcripts).toBeGreaterThan(250_000);
    // A group of 100,000 rows, and the writer's buffer.
    expect(most).toBeLessThan(160_000);
  });
});
