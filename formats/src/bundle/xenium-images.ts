import { join } from 'node:path';
import { describeImage, type ImageFile, leftOut, scaleToUm } from './images.ts';
import { firstFile, inputFile, type Listing, namesIn } from './listing.ts';
import { metadataInvalid } from './metadata-file.ts';
import type { Finding, ImageSource, InputFile } from './slide.ts';

export interface XeniumImages {
  images: ImageSource[];
  pixelSizeUm: number | null;
  inputs: InputFile[];
}

/** Channel roles of `morphology_focus_000k` in XOA 2 and 3, used where the file does not name its channel. */
const FOCUS_CHANNELS = ['DAPI', 'ATP1A1/CD45/E-Cadherin', '18S', 'AlphaSMA/Vimentin'];

/**
 * Describes the morphology image: the focus image (a folder from XOA 2 on, a file before), else the maximum projection.
 *
 * The pixel size comes from `experiment.xenium` (`specsUm`), else from OME-XML; when both are there and differ by more
 * than 0.1 % it is `METADATA_INVALID`. With neither the image is left out: its place on the slide would be a guess.
 */
export async function xeniumImages(
  listing: Listing,
  specsUm: number | null,
  findings: Finding[],
): Promise<XeniumImages> {
  const found = await findImage(listing);
  if (!found) {
    findings.push({ level: 'info', code: 'XENIUM_NO_IMAGE', message: 'the bundle has no morphology image' });
    return { images: [], pixelSizeUm: specsUm, inputs: [] };
  }
  const files = found.names.map((name, index) => ({
    path: join(listing.path, name),
    channel: channelName(name, index),
  }));
  const described = await describeImage(found.name, files, findings);
  if (!described) return { images: [], pixelSizeUm: specsUm, inputs: [] };
  const pixelSizeUm = agreedPixelSize(files[0], specsUm, described.physicalSizeUm);
  if (pixelSizeUm === null) {
    findings.push(leftOut(found.name, 'neither experiment.xenium nor the image says how large a pixel is'));
    return { images: [], pixelSizeUm: null, inputs: [] };
  }
  const inputs = await Promise.all(found.names.map((name) => inputFile(listing.path, 'image', name)));
  return { images: [{ ...described.image, pixelToUm: scaleToUm(pixelSizeUm) }], pixelSizeUm, inputs };
}

async function findImage(listing: Listing): Promise<{ name: string; names: string[] } | null> {
  if (listing.folders.includes('morphology_focus')) {
    const names = (await namesIn(join(listing.path, 'morphology_focus'))).filter((name) =>
      /\.ome\.tiff?$/i.test(name),
    );
    if (names.length > 0)
      return { name: 'morphology_focus', names: names.map((name) => `morphology_focus/${name}`) };
  }
  const file = firstFile(listing, ['morphology_focus.ome.tif', 'morphology_mip.ome.tif']);
  return file === null ? null : { name: file.replace('.ome.tif', ''), names: [file] };
}

function channelName(name: string, index: number): string {
  if (/morphology_(focus|mip)(_\d+)?\.ome/.test(name)) return FOCUS_CHANNELS[index] ?? `channel-${index}`;
  return name
    .replace(/^.*\//, '')
    .replace(/\.ome\.tiff?$/i, '')
    .replace(/^ch\d+_/, '');
}

function agreedPixelSize(file: ImageFile, specsUm: number | null, omeUm: number | null): number | null {
  if (specsUm !== null && omeUm !== null && Math.abs(specsUm - omeUm) > 0.001 * specsUm) {
    throw metadataInvalid(
      file.path,
      `its pixels are ${omeUm} um wide where experiment.xenium says ${specsUm}`,
      'the same pixel size in both',
    );
  }
  return specsUm ?? omeUm;
}
