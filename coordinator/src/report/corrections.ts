import { listUns, readUnsLists } from '@spatile/formats/spatialdata/uns';

/** What the table says of a correction of counts. */
export interface ReportedCorrection {
  method: string;
  /** Transcripts of each gene before and after. */
  geneBefore: readonly number[];
  geneAfter: readonly number[];
  /** Transcripts of marker genes by type of the cell (rows) and marked type (columns); null without types. */
  mixing: { types: readonly string[]; before: readonly number[]; after: readonly number[] } | null;
}

/** The corrections of the counts that a Zarr holds, by method. Errors: `STORE_INVALID`. */
export async function readCorrections(zarr: string): Promise<ReportedCorrection[]> {
  const out: ReportedCorrection[] = [];
  for (const name of (await listUns(zarr)).filter((entry) => entry.endsWith('_counts'))) {
    const { numbers } = await readUnsLists(zarr, name);
    const { gene_before: geneBefore, gene_after: geneAfter } = numbers;
    if (geneBefore === undefined || geneAfter === undefined) continue;
    const mixing = await readUnsLists(zarr, `${name}/mixing`);
    const { types } = mixing.texts;
    out.push({
      method: name.slice(0, -'_counts'.length),
      geneBefore,
      geneAfter,
      mixing:
        types === undefined ? null : { types, before: mixing.numbers.before, after: mixing.numbers.after },
    });
  }
  return out;
}
