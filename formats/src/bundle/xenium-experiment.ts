import { join } from 'node:path';
import * as z from 'zod';
import { hasFile, type Listing } from './listing.ts';
import { metadataInvalid, readJson } from './metadata-file.ts';
import type { Finding } from './slide.ts';

/** What spatile takes from `experiment.xenium`. `major_version` in it is the version of that file, not of the software. */
const experimentSchema = z.looseObject({
  pixel_size: z.number().positive().max(100).optional(),
  analysis_sw_version: z.string().optional(),
  region_name: z.string().optional(),
  xenium_ranger: z.looseObject({ version: z.string().optional() }).optional(),
  xenium_explorer_files: z.looseObject({}).optional(),
});

export interface XeniumExperiment {
  /** `3.0.0` of the software whose layout the bundle has: Xenium Ranger's when it rewrote the bundle, else the instrument's. */
  version: string | null;
  /** The same for people: `XOA 3.0.0`. */
  versionText: string | null;
  pixelSizeUm: number | null;
  regionName: string | null;
}

/** Reads `experiment.xenium`; without the file everything is null. Errors: `METADATA_INVALID`, `INPUT_UNREADABLE`. */
export async function readExperiment(listing: Listing, findings: Finding[]): Promise<XeniumExperiment> {
  const path = join(listing.path, 'experiment.xenium');
  if (!hasFile(listing, 'experiment.xenium')) {
    findings.push({
      level: 'warning',
      code: 'XENIUM_NO_SPECS',
      message: 'experiment.xenium is missing, so the version is guessed from the files that are there',
    });
    const version = guessVersion(listing);
    return {
      version,
      versionText: version && `XOA ${version} (guessed)`,
      pixelSizeUm: null,
      regionName: null,
    };
  }
  const parsed = experimentSchema.safeParse(await readJson(path));
  if (!parsed.success) {
    const { path: key, message } = parsed.error.issues[0];
    throw metadataInvalid(
      path,
      `"${key.join('.')}" does not fit (${message})`,
      "a Xenium bundle's experiment.xenium",
    );
  }
  const { pixel_size, analysis_sw_version, region_name, xenium_ranger, xenium_explorer_files } = parsed.data;
  if (pixel_size === undefined && xenium_explorer_files === undefined) {
    throw metadataInvalid(
      path,
      'it has neither "pixel_size" nor "xenium_explorer_files"',
      "a Xenium bundle's experiment.xenium",
    );
  }
  const onBoard = parseVersion(analysis_sw_version);
  const ranger = parseVersion(xenium_ranger?.version);
  const guessed = (onBoard ?? ranger) ? null : guessVersion(listing);
  if (guessed !== null || !(onBoard ?? ranger)) {
    findings.push({
      level: 'warning',
      code: 'XENIUM_VERSION',
      message: `experiment.xenium gives no usable version ("${analysis_sw_version ?? ''}"), so it is guessed from the files that are there`,
    });
  }
  const texts = [
    onBoard && `XOA ${onBoard}`,
    ranger && `Xenium Ranger ${ranger}`,
    guessed && `XOA ${guessed} (guessed)`,
  ];
  return {
    version: ranger ?? onBoard ?? guessed,
    versionText: texts.filter(Boolean).join(', ') || null,
    pixelSizeUm: pixel_size ?? null,
    regionName: region_name?.trim() || null,
  };
}

/** `xenium-3.0.0.15` -> `3.0.0`; null for the likes of `R&D`. */
function parseVersion(text: string | undefined): string | null {
  return /^(?:xenium-)?(\d+\.\d+\.\d+)/i.exec(text?.trim() ?? '')?.[1] ?? null;
}

/** The layout's first release as far as file names tell. */
function guessVersion(listing: Listing): string | null {
  if (hasFile(listing, 'morphology_focus.ome.tif')) return '1';
  return listing.folders.includes('morphology_focus') ? '2' : null;
}
