import type { Block } from '../blocks.ts';

/** Transcripts in the order of the output, in batches; all arrays have equal length. */
export interface TranscriptBatch {
  /** Row of the table; -1 for background and for cells that are not in it. */
  row: Int32Array;
  /** Column of the table; -1 for controls. */
  gene: Int32Array;
  x: Float32Array;
  y: Float32Array;
  /** 0 on slides without depth. */
  z: Float32Array;
  id: BigUint64Array;
}

/** Where a slide's transcripts come from: the settled tiles of a run, or the points of a store. */
export interface TranscriptSource {
  hasZ: boolean;
  batches(): AsyncIterable<TranscriptBatch>;
}

/** Transcripts of genes in the cells of a block: cell after cell, within a cell in the order of the output. */
export interface BlockTranscripts {
  /** Transcripts of each cell of the block. */
  length: Uint32Array;
  gene: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  id: BigUint64Array;
}

/** Transcripts by the block of their cell, read as often as wanted. */
export interface CellTranscripts {
  hasZ: boolean;
  /** Errors: those of the source and of the storage. */
  ofBlock(block: Block): Promise<BlockTranscripts>;
}
