import { SpatileError } from '@spatile/formats/errors';
import type { SlideImage } from '@spatile/formats/image/slide-image';

/** What a channel shows; those of networks (`CHANNEL_ROLES`) and ours in one. */
export type ChannelRole = 'nuclei' | 'boundary' | 'interior';

/** Names by which instruments and people call such channels. */
const NAMES: Record<ChannelRole, RegExp> = {
  nuclei: /dapi|hoechst|draq|sytox|\bdna|nuclei|nuclear|nucleus/i,
  boundary: /atp1a1|cd45|e-?cadherin|cell-?bound|boundary|membrane|cd298|b2m|pan-?ck/i,
  interior: /18s|poly-?t|interior|cytoplasm|\brna/i,
};

/**
 * The channel of a role: the one that was named, else the first whose name is one of those in use, else null; an image of one
 * channel shows nuclei. Errors: `CONFIG_INVALID` when the named channel is not there.
 */
export function channelOf(
  { name, channels }: Pick<SlideImage, 'name' | 'channels'>,
  role: ChannelRole,
  wanted: string | null,
): number | null {
  if (wanted !== null) {
    const found = channels.findIndex((channel) => channel.toLowerCase() === wanted.toLowerCase());
    if (found >= 0) return found;
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.channels.${role}: image ${name} has no channel ${wanted} (it has ${channels.join(', ')}); expected one of these; correct the name`,
      { fields: { channels } },
    );
  }
  const found = channels.findIndex((channel) => NAMES[role].test(channel));
  if (found >= 0) return found;
  return role === 'nuclei' && channels.length === 1 ? 0 : null;
}

/** The channel of a role that a method cannot do without. Errors: `CONFIG_INVALID`. */
export function neededChannel(image: SlideImage, role: ChannelRole, wanted: string | null): number {
  const found = channelOf(image, role, wanted);
  if (found !== null) return found;
  throw new SpatileError(
    'CONFIG_INVALID',
    `segment.channels.${role}: no channel of image ${image.name} is known to show it (it has ${image.channels.join(', ')}); expected a stain of ${role === 'nuclei' ? 'nuclei' : `the ${role}`}; name the channel with --set segment.channels.${role}=NAME`,
    { fields: { channels: image.channels } },
  );
}

const COLOURS = ['red', 'green', 'blue'];

/**
 * Channels of the image in the order a network wants them. @param roles of its manifest.
 * Errors: `CONFIG_INVALID` when one is not there.
 */
export function networkChannels(
  image: SlideImage,
  roles: readonly string[],
  named: Record<ChannelRole, string | null>,
): number[] {
  return roles
    .filter((role) => role !== 'zero')
    .map((role) => {
      if (role === 'dapi') return neededChannel(image, 'nuclei', named.nuclei);
      if (role === 'boundary') return neededChannel(image, 'boundary', named.boundary);
      if (role === 'interiorRna' || role === 'interiorProtein')
        return neededChannel(image, 'interior', named.interior);
      const colour = COLOURS.indexOf(role);
      const letter = `-${role[0].toUpperCase()}`;
      const found = image.channels.findIndex((channel) => channel.endsWith(letter));
      if (found >= 0) return found;
      if (image.channels.length >= 3 && image.channels.every((channel) => /^channel-\d$/.test(channel)))
        return colour;
      throw new SpatileError(
        'CONFIG_INVALID',
        `segment.model: the network wants a colour image (image ${image.name} has ${image.channels.join(', ')}); expected channels red, green and blue; choose a network for these stains or another segment.image`,
      );
    });
}
