import type { Feature } from '@spatile/formats/bundle/slide';
import type { Columns, Frame } from '@spatile/formats/tile/frame';
import type { FilterCounts } from './filter.ts';
import type { CellTally, Scan } from './scan.ts';

export const SCAN_FILE = 'scan.frame';
export const SCAN = 'scan';

/** A scan as a frame, so that a resumed run does not read the transcripts again. */
export function scanFrame(scan: Scan): Frame {
  const { rows, kept, filtered, features, cellIds, hasZ, anyNuclear, binUm } = scan;
  return {
    kind: SCAN,
    meta: { rows, kept, filtered, features, cellIds, hasZ, anyNuclear, binUm },
    tables: {
      featureCounts: { value: scan.featureCounts },
      cellTally: { ...scan.cellTally } as unknown as Columns,
      bins: { ...scan.bins },
      zSample: { ...scan.zSample },
    },
  };
}

export function scanFrom(frame: Frame): Scan {
  const { rows, kept, filtered, features, cellIds, hasZ, anyNuclear, binUm } = frame.meta as {
    rows: number;
    kept: number;
    filtered: FilterCounts;
    features: Feature[];
    cellIds: string[];
    hasZ: boolean;
    anyNuclear: boolean;
    binUm: number;
  };
  return {
    rows,
    kept,
    filtered,
    features,
    cellIds,
    hasZ,
    anyNuclear,
    binUm,
    featureCounts: frame.tables.featureCounts.value as Float64Array<ArrayBuffer>,
    cellTally: frame.tables.cellTally as unknown as CellTally,
    bins: frame.tables.bins as unknown as Scan['bins'],
    zSample: frame.tables.zSample as unknown as Scan['zSample'],
  };
}
