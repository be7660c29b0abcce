import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RectUm } from '@spatile/formats/space';
import * as z from 'zod';

/** An edge of the slide itself may be infinite, which JSON writes as null. */
const low = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NEGATIVE_INFINITY);
const high = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);

/** What the judge reads of the provenance in the root attributes of a Zarr; all of it may be absent. */
const rootSchema = z.object({
  attributes: z.object({
    spatile: z.object({
      config: z.object({ input: z.object({ minQv: z.number().nullable() }) }),
      plan: z.object({ tiles: z.array(z.object({ core: z.tuple([low, low, high, high]) })) }),
    }),
  }),
});

export interface RunFacts {
  minQv?: number;
  cores?: RectUm[];
}

/** The quality cut-off and the tile cores of the run behind a Zarr; nothing for results of other programs. */
export async function readRunFacts(path: string): Promise<RunFacts> {
  const text = await readFile(join(path, 'zarr.json'), 'utf8').catch(() => null);
  if (text === null) return {};
  const parsed = rootSchema.safeParse(parseJson(text));
  if (!parsed.success) return {};
  const { config, plan } = parsed.data.attributes.spatile;
  return {
    minQv: config.input.minQv ?? Number.NEGATIVE_INFINITY,
    cores: plan.tiles.map(({ core: [x0, y0, x1, y1] }) => ({ x0, y0, x1, y1 })),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
