import type { RegionReader } from '@spatile/coordinator/partition/regions';
import type { RectUm } from '@spatile/formats/space';
import type { AssignTile } from '@spatile/formats/tile/assign';

/** The transcripts of a region the slow way: whole partitions, one look at every transcript, one row after the other. */
export async function referenceTranscripts(
  regions: RegionReader,
  region: RectUm,
  modelGene: Uint32Array,
): Promise<AssignTile['transcripts']> {
  const { tile, at, partitions } = await regions.rows(region);
  const pick = <T>(value: (columns: NonNullable<ReturnType<typeof partitions.get>>, at: number) => T): T[] =>
    Array.from(at, (place, i) => value(partitions.get(tile[i])!, place));
  return {
    row: Uint32Array.from(pick((columns, i) => columns.row[i])),
    x: Float32Array.from(pick((columns, i) => columns.x[i])),
    y: Float32Array.from(pick((columns, i) => columns.y[i])),
    z: Float32Array.from(pick((columns, i) => columns.z[i])),
    gene: Uint32Array.from(pick((columns, i) => modelGene[columns.feature[i]])),
    prior: Uint32Array.from(pick((columns, i) => columns.prior[i])),
    nuclear: Uint8Array.from(pick((columns, i) => columns.nuclear[i])),
  };
}
