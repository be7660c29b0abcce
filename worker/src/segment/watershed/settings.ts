/** Settings of the classical segmentation; lengths in microns of the slide. */
export interface WatershedSettings {
  /** Standard deviation of the Gaussian before anything else. */
  smoothUm: number;
  /** Half side of the square whose minimum is the background; more than the radius of the largest nucleus. */
  backgroundUm: number;
  /** Standard deviation of the local mean. */
  localMeanUm: number;
  /** Foreground is brighter than so many times the local mean, above the background. */
  localFactor: number;
  /** Foreground is brighter than so many times the slide's Otsu level, above the background. */
  otsuFactor: number;
  /** Foreground is brighter than so many standard deviations of the smoothed noise, above the background. */
  minContrast: number;
  /** Standard deviation of the Gaussian on the distance map. */
  seedSmoothUm: number;
  /** No second, lower seed within this distance. */
  seedDistanceUm: number;
  /** How far one has to descend from a seed before a higher place is reached. */
  seedDepthUm: number;
  /** Depth in microns that the full brightness of the slide counts for beside the distance to the background. */
  brightnessUm: number;
  /** Holes up to this size are filled. */
  maxHoleUm2: number;
  minAreaUm2: number;
  maxAreaUm2: number;
  /** No pixel farther from its seed is labelled. */
  maxRadiusUm: number;
}

/** Chosen on every second labelled image and on two simulated ones (bench/segment.ts). */
export const WATERSHED_DEFAULTS: WatershedSettings = {
  smoothUm: 0.3,
  backgroundUm: 12,
  localMeanUm: 8,
  localFactor: 1.1,
  otsuFactor: 0.5,
  minContrast: 8,
  seedSmoothUm: 0.5,
  seedDistanceUm: 1.5,
  seedDepthUm: 0.25,
  brightnessUm: 2,
  maxHoleUm2: 20,
  minAreaUm2: 5,
  maxAreaUm2: 800,
  maxRadiusUm: 15,
};
