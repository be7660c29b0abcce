import { readFile } from 'node:fs/promises';
import { openFailed } from '@spatile/formats/tabular/open-failed';
import type { TextTable } from '@spatile/formats/tabular/text-table';
import * as z from 'zod';
import type { Marker } from './coexpression.ts';
import { truthInvalid } from './truth-invalid.ts';

const schema = z.object({
  genes: z.number().int().nonnegative(),
  features: z.array(z.object({ name: z.string(), markerOf: z.string().nullable() })),
});

export interface JudgedPanel {
  /** Features in all; those below `genes` are genes. */
  features: number;
  genes: number;
  /** Genes that one type alone expresses, and the type of each as an index into the types. */
  markers: Marker[];
  markerTypes: Uint32Array;
  /** By feature: index into `markers`, -1 = not a marker. */
  markerAt: Int32Array;
}

/** Reads `panel.json`; types of markers are added to `types`. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `METADATA_INVALID`. */
export async function loadPanel(path: string, types: TextTable): Promise<JudgedPanel> {
  const { genes, features } = parse(path, await read(path));
  if (genes > features.length)
    throw truthInvalid(path, `${genes} genes`, `at most ${features.length} of them`);
  const markers: Marker[] = [];
  const markerAt = new Int32Array(features.length).fill(-1);
  features.slice(0, genes).forEach(({ name, markerOf }, gene) => {
    if (markerOf === null) return;
    markerAt[gene] = markers.length;
    markers.push({ gene: name, type: markerOf });
  });
  const markerTypes = Uint32Array.from(markers, ({ type }) => types.codeOfText(type));
  return { features: features.length, genes, markers, markerTypes, markerAt };
}

async function read(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause) => {
    throw openFailed(path, cause);
  });
}

function parse(path: string, text: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw truthInvalid(
      path,
      `not a panel (${text.length} characters)`,
      'JSON with genes and features',
      cause,
    );
  }
}
