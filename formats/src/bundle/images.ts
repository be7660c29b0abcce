import { basename } from 'node:path';
import { SpatileError } from '../errors.ts';
import { describeTiff, type TiffDescription } from '../image/tiff.ts';
import type { Affine } from '../space.ts';
import type { Finding, ImageSource } from './slide.ts';

/** A file that may become one or more channels of an image. */
export interface ImageFile {
  path: string;
  /** Channel name when the file itself does not tell. */
  channel: string;
}

/**
 * Describes files of equal size as one image, channel after channel; null (with a warning in `findings`) when one cannot
 * be described or they do not match, since an image is never worth stopping a run.
 */
export async function describeImage(
  name: string,
  files: ImageFile[],
  findings: Finding[],
): Promise<{ image: Omit<ImageSource, 'pixelToUm'>; physicalSizeUm: number | null } | null> {
  const described: { file: ImageFile; tiff: TiffDescription }[] = [];
  for (const file of files) {
    try {
      described.push({ file, tiff: await describeTiff(file.path) });
    } catch (cause) {
      if (!(cause instanceof SpatileError)) throw cause;
      findings.push(leftOut(name, cause.message));
      return null;
    }
  }
  const first = described[0];
  const odd = described.find(({ tiff }) => !matches(tiff, first.tiff));
  if (odd) {
    findings.push(
      leftOut(
        name,
        `${basename(first.file.path)} is ${size(first.tiff)} and ${basename(odd.file.path)} is ${size(odd.tiff)}`,
      ),
    );
    return null;
  }
  const channels = described.flatMap(({ file, tiff }) => channelsOf(file, tiff));
  return {
    image: {
      name,
      channels: distinct(channels.map(({ channel }) => channel)),
      widthPx: first.tiff.widthPx,
      heightPx: first.tiff.heightPx,
      dataType: first.tiff.dataType,
      planes: channels.map(({ path, page, sample }) => ({ path, page, sample })),
    },
    physicalSizeUm: first.tiff.physicalSizeUm,
  };
}

export function leftOut(name: string, why: string): Finding {
  return { level: 'warning', code: 'IMAGE_LEFT_OUT', message: `image ${name} is left out: ${why}` };
}

const size = (tiff: TiffDescription): string => `${tiff.widthPx} x ${tiff.heightPx} px ${tiff.dataType}`;

const matches = (a: TiffDescription, b: TiffDescription): boolean => size(a) === size(b);

function channelsOf(file: ImageFile, tiff: TiffDescription) {
  const planes = tiff.planes ?? Array.from({ length: tiff.samples }, (_, sample) => ({ page: 0, sample }));
  return planes.map(({ page, sample }, index) => ({
    path: file.path,
    page,
    sample,
    channel: tiff.channelNames?.[index] ?? (planes.length > 1 ? `${file.channel}-${index}` : file.channel),
  }));
}

/** Channel names must be unique in the output; a repeated one gets a number. */
function distinct(names: string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique); n++) unique = `${name}-${n}`;
    taken.add(unique);
    return unique;
  });
}

/** Pixels of equal width and height whose upper left corner is the slide's origin. */
export function scaleToUm(pixelSizeUm: number): Affine {
  return [pixelSizeUm, 0, 0, 0, pixelSizeUm, 0, 0, 0, 1];
}
