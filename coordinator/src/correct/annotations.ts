import type { TranscriptLabels } from '@spatile/formats/spatialdata/labelled-points';
import type { TableColumn, TableSpec, UnsValue } from '@spatile/formats/spatialdata/write';

/** What the correct stage adds to the table. */
export type Corrections = Required<Pick<TableSpec, 'layers' | 'obsm' | 'uns'>> & {
  obs: TableColumn[];
  /** Points beside `transcripts`; none when absent. */
  labels?: readonly TranscriptLabels[];
  warnings: string[];
};

export const float32 = (name: string, values: Float32Array): TableColumn => ({
  name,
  kind: 'float32',
  values,
});

export const flag = (name: string, values: Uint8Array): TableColumn => ({ name, kind: 'bool', values });

/** Codes into `categories`; -1 is missing. */
export const categorical = (
  name: string,
  values: ArrayLike<number>,
  categories: readonly string[],
): TableColumn => ({ name, kind: 'categorical', values: Int32Array.from(values), categories });

/** Settings as `uns` holds them; empty mappings are left out. */
export function settingsOf(settings: object): { [key: string]: UnsValue } {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([, value]) => value === null || typeof value !== 'object' || Object.keys(value).length > 0,
    ),
  ) as { [key: string]: UnsValue };
}

/** What several methods add, together. */
export function joined(parts: readonly Corrections[]): Corrections {
  return {
    obs: parts.flatMap(({ obs }) => obs),
    obsm: Object.assign({}, ...parts.map(({ obsm }) => obsm)),
    uns: Object.assign({}, ...parts.map(({ uns }) => uns)),
    layers: Object.assign({}, ...parts.map(({ layers }) => layers)),
    labels: parts.flatMap(({ labels }) => labels ?? []),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}
