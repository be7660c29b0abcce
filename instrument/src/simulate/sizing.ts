import { SpatileError } from '@spatile/formats/errors';
import { BLOCK_UM, blockGrid } from './blocks.ts';
import { Emission } from './emission.ts';
import type { Settings } from './options.ts';
import { Tissue } from './tissue.ts';
import type { Transcriptome } from './transcriptome.ts';
import { TranscriptBuffer } from './transcripts.ts';

/** Of larger slides this many blocks, evenly spread, stand for all: 8 by 8. */
const SAMPLED = 8;
const ROUNDS = 6;
/** Near enough, for a slide that was counted whole. */
const TOLERANCE = 0.03;
const SMALLEST_UM = 30;
const LARGEST_UM = 20_000;

/**
 * A slide that holds about `target` transcripts (within 10 %), found by simulating slides of the same seed: all of a small
 * one, 64 blocks of a large one. Cells that were made on the way are not made again. Errors: `USAGE` where no slide of 30
 * to 20,000 um does.
 */
export function slideForTranscripts(
  settings: Settings,
  transcriptome: Transcriptome,
  target: number,
): Emission {
  const { spacingUm, transcriptsPerCell } = settings;
  let sizeUm = Math.sqrt((target / transcriptsPerCell) * 2) * spacingUm;
  for (let round = 0; round < ROUNDS; round++) {
    sizeUm = Math.round(10 * Math.min(LARGEST_UM, Math.max(SMALLEST_UM, sizeUm))) / 10;
    const emission = new Emission(new Tissue({ ...settings, sizeUm }), transcriptome);
    const found = count(emission);
    if (Math.abs(found / target - 1) <= TOLERANCE) return emission;
    const next = sizeUm * Math.sqrt(target / Math.max(1, found));
    if ((next < SMALLEST_UM && sizeUm === SMALLEST_UM) || (next > LARGEST_UM && sizeUm === LARGEST_UM)) {
      throw new SpatileError(
        'USAGE',
        `simulate: transcripts is out of reach (${target}, where a slide of ${sizeUm} um holds about ${Math.round(found)}); expected a slide of ${SMALLEST_UM} to ${LARGEST_UM} um; change transcripts or transcriptsPerCell`,
        { fields: { transcripts: target, sizeUm } },
      );
    }
    sizeUm = next;
  }
  return new Emission(new Tissue({ ...settings, sizeUm: Math.round(10 * sizeUm) / 10 }), transcriptome);
}

/** Transcripts of the slide, counted or extrapolated from some blocks. */
function count(emission: Emission): number {
  const { settings } = emission.tissue;
  const { sizeUm } = settings;
  const buffer = new TranscriptBuffer();
  const { columns: n } = blockGrid(settings);
  const length = Math.min(n, SAMPLED);
  const picks = Array.from({ length }, (_, i) => Math.floor(((i + 0.5) * n) / length));
  let transcripts = 0;
  let areaUm2 = 0;
  for (const row of picks) {
    for (const column of picks) {
      transcripts += emission.count(column, row, buffer);
      areaUm2 += Math.min(BLOCK_UM, sizeUm - column * BLOCK_UM) * Math.min(BLOCK_UM, sizeUm - row * BLOCK_UM);
    }
  }
  return (transcripts * sizeUm * sizeUm) / areaUm2;
}
