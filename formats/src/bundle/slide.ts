import type { SlideImage } from '../image/slide-image.ts';
import type { RowGroupDecoder } from '../parquet/row-groups.ts';
import type { Affine, RectUm } from '../space.ts';

/**
 * What every platform reader gives: a `SlideBundle`. Opening looks at names, schemas and small files only; transcripts,
 * polygons and pixels are streamed afterwards. Nothing here holds memory that grows with the number of transcripts.
 */

export type Platform = 'xenium' | 'merscope' | 'cosmx' | 'table';

/** One remark made while opening, shown by `inspect` and in the report. */
export interface Finding {
  level: 'info' | 'warning';
  /** Stable identifier, such as `XENIUM_NO_IMAGE`. */
  code: string;
  /** One sentence. */
  message: string;
}

/** A file the result depends on; the run digests it. */
export interface InputFile {
  role: string;
  /** Absolute path (never stored in outputs; those keep `name`). */
  path: string;
  /** Path relative to the bundle, with forward slashes. */
  name: string;
  sizeBytes: number;
}

/**
 * What a feature measures. `gene` enters the model and the count table; all others are controls, kept apart.
 */
export type FeatureKind =
  | 'gene'
  | 'negative_control_probe'
  | 'negative_control_codeword'
  | 'unassigned_codeword'
  | 'deprecated_codeword'
  | 'genomic_control'
  | 'blank'
  | 'other_control';

export interface Feature {
  name: string;
  kind: FeatureKind;
  /** Ensembl id or the like, when the bundle knows it. */
  id?: string;
}

/** Columns of up to a few 10^5 consecutive input rows. All arrays have `length` entries. */
export interface TranscriptBatch {
  /** 0-based input row of the first entry; rows are consecutive. */
  firstRow: number;
  length: number;
  /** Observed place in microns. Not yet checked: NaN and infinities are passed on. */
  x: Float32Array;
  y: Float32Array;
  /** Microns; null when the platform has no z. */
  z: Float32Array | null;
  /** Index into `TranscriptSource.features`. */
  feature: Uint32Array;
  /** Phred-like call quality; null when the platform has none. */
  qv: Float32Array | null;
  /** The instrument's own id; null when there is none (the row number serves then). */
  transcriptId: BigUint64Array | null;
  /** 0 = none, k = `TranscriptSource.cellIds[k - 1]`; null when the platform has no per-transcript cell. */
  cell: Uint32Array | null;
  /** 1 where the instrument says the transcript lies in a nucleus; null when unknown. */
  nuclear: Uint8Array | null;
}

export interface TranscriptSource {
  /** Number of rows when the file says so without a scan, else null. */
  readonly rowCount: number | null;
  /** Which optional columns are there. */
  readonly has: { z: boolean; qv: boolean; transcriptId: boolean; cell: boolean; nuclear: boolean };
  /** Features in the order first met; grows while batches are read. The order is the same on every pass. */
  readonly features: Feature[];
  /** The vendor's cell ids in the order first met; grows while batches are read. */
  readonly cellIds: string[];
  /**
   * All rows in file order. May be called repeatedly (each call is one pass over the file). Damaged files raise
   * `PARQUET_INVALID` or `CSV_INVALID`.
   * `columns` limits what is decoded; columns left out come back null (x, y and feature always come). `decoder` may decode
   * row groups, where the file has them; null decodes here.
   */
  batches(
    columns?: {
      z?: boolean;
      qv?: boolean;
      transcriptId?: boolean;
      cell?: boolean;
      nuclear?: boolean;
    },
    decoder?: RowGroupDecoder | null,
  ): AsyncIterable<TranscriptBatch>;
}

/**
 * One outline of one prior cell, in microns. `rings` holds closed rings (first point repeated at the end) as x, y pairs;
 * even-odd union; several pieces of one nucleus or several nuclei of one cell are several rings.
 */
export interface PriorOutline {
  /** The vendor's (or the user's) id of the cell. */
  cellId: string;
  rings: Float64Array[];
}

/** A prior segmentation that can be streamed. */
export interface PriorSource {
  kind: 'nucleus' | 'cell';
  /** Where it comes from, for people: `nucleus_boundaries.parquet`. */
  origin: string;
  outlines(): AsyncIterable<PriorOutline>;
  /** Counts of what had to be dropped or repaired, filled while streaming (rings under 4 points, null geometry, ...). */
  readonly findings: Finding[];
}

/** An image of the slide, described but not decoded. One source may hold several channels in several files. */
export interface ImageSource {
  /** Element name in the output, such as `morphology_focus`. */
  name: string;
  channels: string[];
  widthPx: number;
  heightPx: number;
  dataType: 'uint8' | 'uint16' | 'uint32' | 'float32';
  /** Maps level-0 pixels (column, row) to microns. */
  pixelToUm: Affine;
  /** Where channel c lives: a file, the index of the full-resolution page in it, and the sample within a page. */
  planes: { path: string; page: number; sample: number }[];
}

/** Images per field of view that together show the slide (CosMx); opening them places them. */
export interface FieldImages {
  /** Name of their folder in the bundle. */
  folder: string;
  /**
   * All fields as one image; the caller closes it. @param other path of a folder to take instead.
   * Errors: those of image readers, `INPUT_MISSING`, `METADATA_INVALID` and `COLUMN_MISSING` when fields cannot be placed.
   */
  open(other: string | null): Promise<SlideImage>;
}

export interface SlideBundle {
  platform: Platform;
  /** For people and provenance: `XOA 3.0.0`; null when it cannot be told. */
  platformVersion: string | null;
  /** Folder (or file) that was opened. */
  path: string;
  name: string;
  transcripts: TranscriptSource;
  /** Best first; empty when the bundle has no segmentation. */
  priors: PriorSource[];
  images: ImageSource[];
  /** Null where the platform has none. */
  fieldImages?: FieldImages | null;
  /** Extent in microns when a metadata file says it (not required). */
  extentUm: RectUm | null;
  /** Microns per pixel of the main image; null without one. */
  pixelSizeUm: number | null;
  inputs: InputFile[];
  findings: Finding[];
}
