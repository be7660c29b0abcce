import { isFieldFolder } from '@spatile/formats/bundle/cosmx-fields';
import type { SlideBundle } from '@spatile/formats/bundle/slide';
import type { RunConfig, SegmentConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { openImageFile } from '@spatile/formats/image/open';
import type { SlideImage } from '@spatile/formats/image/slide-image';
import { openTiffImage } from '@spatile/formats/image/tiff-image';
import { membraneHaloUm, watershedHaloUm } from '@spatile/formats/segment/halo';
import { MEMBRANE, type MethodCall } from '@spatile/formats/tile/segment';
import { channelOf, neededChannel, networkChannels } from './channels.ts';
import { chooseGrid, type Grid } from './grid.ts';
import type { NetworkMemory } from './memory.ts';
import { isNetwork, type NetworkChoice, namedNetwork, networkFor } from './networks.ts';

/** Everything that is decided before pixels are read. */
export interface SegmentSetup {
  image: SlideImage;
  grid: Grid;
  /** Method for people and provenance, such as `watershed` or `stardist (nuclei)`. */
  method: string;
  /** Channels of the image that are read, in the order of the planes; calls name planes. */
  channels: number[];
  /** Contrast limits of each of them, as percentiles over tissue. */
  percentiles: (readonly [number, number])[];
  /** Plane that shows nuclei (or what is segmented). */
  main: number;
  instances: MethodCall;
  target: 'nucleus' | 'cell';
  boundary: MethodCall | null;
  interior: number | null;
  haloUm: number;
  /** Networks that a worker runs on a tile. */
  networks: NetworkMemory[];
}

/** Percentiles that most methods expect as 0 and 1. */
const PERCENTILES = [1, 99.8] as const;
/** Beyond the growth of cells the halo holds a nucleus. */
const NUCLEUS_UM = 25;

/**
 * Whether a run segments its images: when it is asked to, and when there is no prior segmentation but an image.
 * Errors: `CONFIG_INVALID` when the settings want both an image and a prior, `INPUT_MISSING` or `IMAGE_INVALID` without an image.
 */
export function wantsSegmentation(bundle: SlideBundle, config: RunConfig, hasCellIds: boolean): boolean {
  const { method, image } = config.segment;
  if (method === 'import') return false;
  const asked = method !== 'auto' || image !== null;
  const named = config.prior.file !== null || config.prior.source !== 'auto';
  if (asked && named) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.method: ${method} segments the image, but a prior segmentation was chosen (${config.prior.file ?? config.prior.source}); expected one of the two; leave out prior.file and prior.source, or set segment.method=import`,
    );
  }
  if (asked) {
    if (image === null && !hasImage(bundle)) throw noImage(bundle, method);
    return true;
  }
  return !named && hasImage(bundle) && bundle.priors.length === 0 && !hasCellIds;
}

const hasImage = ({ images, fieldImages }: SlideBundle): boolean =>
  images.length > 0 || (fieldImages ?? null) !== null;

/** An image that is there but cannot be read is what to say, not that there is none. */
function noImage(bundle: SlideBundle, method: string): SpatileError {
  const left = bundle.findings.find(({ code }) => code === 'IMAGE_LEFT_OUT');
  if (left !== undefined) return new SpatileError('IMAGE_INVALID', left.message);
  return new SpatileError(
    'INPUT_MISSING',
    `${bundle.name}: there is no image to segment by ${method}; expected one in the bundle; give one with --set segment.image=FILE, or set segment.method=import`,
  );
}

/** Opens the image and decides on method, channels and grid. The caller closes `image`. Errors: those of the image readers, `CONFIG_INVALID`, `MODEL_MISSING`. */
export async function segmentSetup(bundle: SlideBundle, config: SegmentConfig): Promise<SegmentSetup> {
  const image = await openSlideImage(bundle, config);
  try {
    return await setupOf(image, config);
  } catch (error) {
    await image.close();
    throw error;
  }
}

async function openSlideImage(bundle: SlideBundle, config: SegmentConfig): Promise<SlideImage> {
  const { image, pixelSizeUm, originUm } = config;
  const fields = bundle.fieldImages ?? null;
  if (image === null) return bundle.images.length > 0 ? openTiffImage(bundle.images[0]) : fields!.open(null);
  if (fields !== null && (await isFieldFolder(image))) return fields.open(image);
  return openImageFile(image, { pixelSizeUm, originUm });
}

async function setupOf(image: SlideImage, config: SegmentConfig): Promise<SegmentSetup> {
  const named = config.channels;
  const composed = config.method === 'xenium' || config.method === 'expand';
  const wanted = composed ? config.nuclei : config.method;
  const network =
    wanted === 'auto' || wanted === 'import'
      ? await namedNetwork(config)
      : isNetwork(wanted)
        ? await networkFor(wanted, config.model, config.provider)
        : null;
  const channels: number[] = [];
  const plane = (channel: number): number => {
    if (!channels.includes(channel)) channels.push(channel);
    return channels.indexOf(channel);
  };
  const nucleiCall = (): MethodCall =>
    network === null
      ? {
          name: 'watershed',
          channels: [plane(neededChannel(image, 'nuclei', named.nuclei))],
          settings: { ...config.watershed },
        }
      : callOf(network, networkChannels(image, network.roles, named).map(plane));
  const instances = nucleiCall();
  const multimodal = config.method === 'xenium';
  const interiorChannel =
    multimodal && config.interiorStain ? channelOf(image, 'interior', named.interior) : null;
  // Every plane is known before the percentiles of all are asked for.
  const interior = interiorChannel === null ? null : plane(interiorChannel);
  const boundary =
    multimodal && config.boundaryStain && config.boundaryModel !== null
      ? await networkFor(null, config.boundaryModel, config.provider)
      : null;
  const boundaryCall =
    boundary !== null
      ? callOf(boundary, networkChannels(image, boundary.roles, named).map(plane))
      : multimodal && config.boundaryStain
        ? membraneCall(config, channelOf(image, 'boundary', named.boundary), plane)
        : null;
  const grid = chooseGrid(image, network?.pixelSizeUm ?? config.workPixelUm);
  const nucleiHaloUm = Math.max(
    network?.haloUm(grid.pixelSizeUm) ?? watershedHaloUm(config.watershed),
    boundary?.haloUm(grid.pixelSizeUm) ?? 0,
  );
  const cellHaloUm =
    config.target === 'cell'
      ? 0
      : Math.max(
          2 * Math.max(config.expandUm, interior === null ? 0 : config.interiorUm),
          boundaryCall?.name === MEMBRANE ? membraneHaloUm(config.membrane) : 0,
        );
  return {
    image,
    grid,
    method: `${multimodal ? 'xenium, nuclei by ' : ''}${network === null ? 'watershed' : `${network.method} (${network.name})`}`,
    channels,
    percentiles: channels.map((_, at) =>
      percentilesOf(at, config.percentiles, [
        { call: instances, network },
        { call: boundaryCall, network: boundary },
      ]),
    ),
    main: instances.channels[0],
    instances,
    target: config.target,
    boundary: boundaryCall,
    interior,
    haloUm:
      config.haloUm ??
      nucleiHaloUm +
        (cellHaloUm === 0 ? 0 : cellHaloUm + (interior === null && boundaryCall === null ? 0 : NUCLEUS_UM)),
    networks: [network, boundary].flatMap((choice) => (choice === null ? [] : [choice.memory])),
  };
}

const callOf = ({ method, settings }: NetworkChoice, channels: number[]): MethodCall => ({
  name: method,
  channels,
  settings,
});

/** Cells on the boundary stain without a network; null without the stain. */
const membraneCall = (
  { membrane }: SegmentConfig,
  channel: number | null,
  plane: (channel: number) => number,
): MethodCall | null =>
  channel === null ? null : { name: MEMBRANE, channels: [plane(channel)], settings: { ...membrane } };

/** Percentiles of a channel: the user's, else those of the first network that looks at it, else the usual ones. */
function percentilesOf(
  channel: number,
  asked: readonly [number, number] | null,
  calls: readonly { call: MethodCall | null; network: NetworkChoice | null }[],
): readonly [number, number] {
  const by = calls.find(({ call, network }) => network?.percentiles && call?.channels.includes(channel));
  return asked ?? by?.network?.percentiles ?? PERCENTILES;
}
