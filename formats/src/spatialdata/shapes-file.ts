import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { parquetInvalid } from '../parquet/invalid.ts';
import { openFailed } from '../tabular/open-failed.ts';

/** GeoParquet files of shapes: the footer, and ids with their geometry by row group. */

export interface ShapesRows {
  id: string[];
  wkb: Uint8Array[];
}

/** Footer of a Parquet file and its key-value entries. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `PARQUET_INVALID`. */
export async function readFooter(
  path: string,
): Promise<{ metadata: FileMetaData; entries: Map<string, string> }> {
  const file = await asyncBufferFromFile(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    return {
      metadata,
      entries: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? '']) ?? []),
    };
  } catch (cause) {
    throw parquetInvalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Streams `cell_id` and `geometry` of a shapes file by row group. Errors: as `readFooter`. */
export async function* readShapesFile(path: string): AsyncGenerator<ShapesRows> {
  const { metadata } = await readFooter(path);
  const file = await asyncBufferFromFile(path);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const columns = ['cell_id', 'geometry'];
    const rows = await parquetReadObjects({
      file,
      metadata,
      columns,
      rowStart,
      rowEnd,
      geoparquet: false,
      utf8: false,
    }).catch((cause) => {
      throw parquetInvalid(path, cause instanceof Error ? cause.message : String(cause), cause);
    });
    yield { id: rows.map((row) => String(row.cell_id)), wkb: rows.map((row) => row.geometry as Uint8Array) };
    rowStart = rowEnd;
  }
}
