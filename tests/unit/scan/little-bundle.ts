import type { PriorSource, SlideBundle, TranscriptBatch } from '@spatile/formats/bundle/slide';

/** One transcript of a made-up bundle; `cell` is the vendor's id, null for none. */
export interface LittleTranscript {
  x: number;
  y: number;
  cell?: string | null;
  nuclear?: boolean;
  gene?: string;
}

/** A bundle in memory with the given transcripts, two rows to a batch. */
export function littleBundle(transcripts: LittleTranscript[], priors: PriorSource[] = []): SlideBundle {
  const genes = [...new Set(transcripts.map(({ gene }) => gene ?? 'ACTB'))];
  const cellIds = [...new Set(transcripts.flatMap(({ cell }) => cell ?? []))];
  async function* batches(): AsyncGenerator<TranscriptBatch> {
    for (let firstRow = 0; firstRow < transcripts.length; firstRow += 2) {
      const rows = transcripts.slice(firstRow, firstRow + 2);
      yield {
        firstRow,
        length: rows.length,
        x: Float32Array.from(rows, ({ x }) => x),
        y: Float32Array.from(rows, ({ y }) => y),
        z: null,
        feature: Uint32Array.from(rows, ({ gene }) => genes.indexOf(gene ?? 'ACTB')),
        qv: null,
        transcriptId: null,
        cell: Uint32Array.from(rows, ({ cell }) => (cell == null ? 0 : cellIds.indexOf(cell) + 1)),
        nuclear: Uint8Array.from(rows, ({ nuclear }) => Number(nuclear ?? false)),
      };
    }
  }
  return {
    platform: 'table',
    platformVersion: null,
    path: 'little',
    name: 'little',
    transcripts: {
      rowCount: transcripts.length,
      has: { z: false, qv: false, transcriptId: false, cell: cellIds.length > 0, nuclear: true },
      features: genes.map((name) => ({ name, kind: 'gene' as const })),
      cellIds,
      batches,
    },
    priors,
    inputs: [],
  } as unknown as SlideBundle;
}

/** A prior of squares by cell id, each around (x, y) with the given edge. */
export function squares(origin: string, cells: Record<string, [x: number, y: number, edge: number]>) {
  async function* outlines() {
    for (const [cellId, [x, y, edge]] of Object.entries(cells)) {
      const [x0, y0, x1, y1] = [x - edge / 2, y - edge / 2, x + edge / 2, y + edge / 2];
      yield { cellId, rings: [Float64Array.of(x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)] };
    }
  }
  return { kind: 'nucleus', origin, outlines, findings: [] } satisfies PriorSource;
}
