import * as z from 'zod';
import { baysor } from './baysor.ts';
import { proseg } from './proseg.ts';

/** Which transcript belongs to which cell: the method and the settings of each. */
export const assign = z.strictObject({
  method: z
    .enum(['nucleus', 'expand', 'proseg', 'baysor'])
    .default('proseg')
    .describe(
      'nucleus: transcripts inside nuclei; expand: nuclei grown by a distance; proseg: cell simulation (Jones et al. 2025); baysor: mixture of cells that also finds those without a nucleus (Petukhov et al. 2022)',
    ),
  nucleus: z
    .strictObject({
      by: z
        .enum(['auto', 'flag', 'outline'])
        .default('auto')
        .describe('take the per-transcript nucleus flag of the table or the outlines; auto prefers the flag'),
      pixelSizeUm: z.number().min(0.05).max(5).default(0.25).describe('pixel of the label raster in um'),
    })
    .prefault({}),
  expand: z
    .strictObject({
      distanceUm: z.number().min(0).max(100).default(5).describe('how far nuclei grow, in um'),
      pixelSizeUm: z.number().min(0.05).max(5).default(0.25).describe('pixel of the label raster in um'),
    })
    .prefault({}),
  proseg: proseg.prefault({}),
  baysor: baysor.prefault({}),
});
