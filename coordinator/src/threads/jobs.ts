import type { Finding } from '@spatile/formats/bundle/slide';
import {
  type DecodedRowGroups,
  decodeRowGroups,
  type RowGroupsJob,
} from '@spatile/formats/parquet/row-groups';
import { compressChunk } from '@spatile/formats/spatialdata/encoders';
import { type EncodedChunk, encodeChunk, type SinkColumn } from '@spatile/formats/spatialdata/parquet-chunk';
import { receivedData, type SentData } from '@spatile/formats/spatialdata/pieces';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { bestCellStart, type CellStart, type KindsInput } from '../assign/proseg/kinds.ts';
import {
  type EarlyColumns,
  type EarlyGroup,
  encodeEarlyGroup,
  readEarlyGroup,
} from '../output/early-group.ts';
import { type PosteriorInput, type PosteriorResult, posteriorJob } from '../output/posterior-job.ts';
import { type DrawnReport, drawReport } from '../report/report.ts';
import { digestFile } from '../run/digest-file.ts';

/** What a thread of the coordinator can do: pure functions of plain data, the same wherever they run. */
export const jobs = {
  column: async ({ column, data }: { column: SinkColumn; data: SentData }): Promise<EncodedChunk> =>
    encodeChunk(column, receivedData(data)),
  compress: ({ bytes }: { bytes: Uint8Array }): Promise<Uint8Array> => compressChunk(bytes),
  digest: ({ path }: { path: string }): Promise<string> => digestFile(path),
  rows: (job: RowGroupsJob): Promise<DecodedRowGroups> => decodeRowGroups(job),
  draw: ({ path }: { path: string }): Promise<DrawnReport> => drawReport(path),
  encodeEarlyGroup: (group: EarlyGroup): Promise<void> => encodeEarlyGroup(group),
  readEarlyGroup: (file: Pick<EarlyGroup, 'directory' | 'file'>): Promise<EarlyColumns> =>
    readEarlyGroup(file),
  kinds: async (input: KindsInput): Promise<CellStart | null> => bestCellStart(input),
  posterior: (input: PosteriorInput): Promise<PosteriorResult> => posteriorJob(input),
  validate: ({ path }: { path: string }): Promise<Finding[]> => validateSpatialData(path),
};

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type JobInput<K extends JobName> = Parameters<Jobs[K]>[0];
export type JobResult<K extends JobName> = Awaited<ReturnType<Jobs[K]>>;

export interface JobMessage {
  id: number;
  job: JobName;
  input: never;
}

/** `error` is a `SpatileError` as plain data; anything else that was thrown has no code but that of the system, among `fields`. */
export type JobReply =
  | { id: number; value: unknown }
  | { id: number; error: { code: string | null; message: string; fields: Record<string, unknown> } };
