import type { PointsColumnsSpec } from '@spatile/formats/spatialdata/point-columns';
import type { SlideContext } from '../run/slide.ts';

/** Transcripts of one row group of the output. */
export const ROWS_PER_GROUP = 1_000_000;

/** Which columns the transcripts of the output have; `hasQv` says whether the slide tells their quality. */
export const columnsSpec = ({
  slide,
  hasQv,
}: {
  slide: SlideContext;
  hasQv: boolean;
}): PointsColumnsSpec => ({
  features: slide.features.features.map(({ name }) => name),
  hasZ: slide.scan.hasZ,
  hasQv,
});

/** 1 for each transcript of a control, where features from `genes` on are controls. */
export function controlFlags(feature: ArrayLike<number>, genes: number): Uint8Array {
  const flags = new Uint8Array(feature.length);
  for (let i = 0; i < feature.length; i++) if (feature[i] >= genes) flags[i] = 1;
  return flags;
}
