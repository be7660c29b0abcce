import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { TextTable } from '@spatile/formats/tabular/text-table';

/** Writes the true profiles of a simulated slide as the table of cell types x genes that `correct.reference.file` takes. */
export async function writeTrueReference(truth: string, out: string): Promise<void> {
  const panel = JSON.parse(readFileSync(join(truth, 'panel.json'), 'utf8')) as {
    genes: number;
    features: { name: string }[];
  };
  const file = await openParquet(join(truth, 'profiles.parquet'));
  const types = new TextTable();
  const shares: Float64Array[] = [];
  const requests = [
    { name: 'feature', as: 'uint64' },
    { name: 'type', as: 'code', table: types },
    { name: 'share', as: 'float32', scale: 1 },
  ] as const;
  for await (const { length, columns } of file.batches(requests, 65_536)) {
    for (let i = 0; i < length; i++) {
      const type = columns[1][i] as number;
      shares[type] ??= new Float64Array(panel.genes);
      const gene = Number(columns[0][i]);
      if (gene < panel.genes) shares[type][gene] = columns[2][i] as number;
    }
  }
  const names = panel.features.slice(0, panel.genes).map(({ name }) => name);
  const rows = types.names.map((type, k) => `${type},${shares[k].join(',')}`);
  writeFileSync(out, `cell_type,${names.join(',')}\n${rows.join('\n')}\n`);
}
