import { writeFileSync } from 'node:fs';
import type { Settings } from './options.ts';
import { writing } from './write-errors.ts';

/** What the summary is made of; calls are those of genes with a quality of at least 20 unless said otherwise. */
export interface SlideTotals {
  /** Transcripts of any quality, controls included. */
  decoded: number;
  highQuality: number;
  /** Area of all vendor cells in square microns. */
  cellArea: number;
  /** For each vendor cell, in one order. */
  transcriptsPerCell: number[];
  genesPerCell: number[];
}

/**
 * Writes `metrics_summary.csv` with those of XOA's columns that a simulated slide has.
 * Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`.
 */
export function writeMetrics(path: string, settings: Settings, totals: SlideTotals): void {
  const { decoded, highQuality, cellArea, transcriptsPerCell, genesPerCell } = totals;
  const cells = transcriptsPerCell.length;
  const area = settings.sizeUm ** 2;
  const assigned = transcriptsPerCell.reduce((sum, n) => sum + n, 0);
  const empty = transcriptsPerCell.filter((n) => n === 0).length;
  const columns: [name: string, value: string | number][] = [
    ['run_name', 'simulated by spatile'],
    ['region_name', regionName(settings)],
    ['region_area', area],
    ['total_cell_area', cellArea],
    ['total_high_quality_decoded_transcripts', highQuality],
    ['fraction_transcripts_decoded_q20', highQuality / Math.max(1, decoded)],
    ['decoded_transcripts_per_100um2', (100 * highQuality) / area],
    ['num_cells_detected', cells],
    ['fraction_empty_cells', empty / Math.max(1, cells)],
    ['cells_per_100um2', (100 * cells) / area],
    ['fraction_transcripts_assigned', assigned / Math.max(1, highQuality)],
    ['median_genes_per_cell', median(genesPerCell)],
    ['median_transcripts_per_cell', median(transcriptsPerCell)],
    ['segmented_cell_nuc_expansion_frac', cells > 0 ? 1 : 0],
    ['segmented_cell_nuc_expansion_count', cells],
  ];
  const line = (values: (string | number)[]): string => `${values.join(',')}\n`;
  const text = line(columns.map(([name]) => name)) + line(columns.map(([, value]) => value));
  writing(path, () => writeFileSync(path, text));
}

/** Name of the slide in the bundle's metadata. */
export function regionName({ preset, sizeUm, seed }: Settings): string {
  return `${preset}-${sizeUm}um-seed${seed}`;
}

function median(values: number[]): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
