import type { ProsegConfig } from '@spatile/formats/config/schema';
import type { ProsegSchedule, ProsegSettings } from '@spatile/formats/tile/proseg';

/** The physical settings that every proseg task carries as `meta.settings`. */
export function prosegSettings(config: ProsegConfig): ProsegSettings {
  return {
    compactnessSigma: config.compactnessSigma,
    bubbleProbability: config.bubbleProbability,
    nuclearReassignmentProbability: config.nuclearReassignmentProbability,
    cellReassignmentProbability: config.cellReassignmentProbability,
    diffusionProbability: config.diffusionProbability,
    diffusionSdNearUm: config.diffusionSdNearUm,
    diffusionSdFarUm: config.diffusionSdFarUm,
    diffusionSdZ: config.diffusionSdZ,
    densityBandwidthUm: config.densityBandwidthUm,
    enforceConnectivity: config.enforceConnectivity,
    refine: config.refine,
  };
}

/** `meta.schedule` of the tile round. */
export function tileSchedule({ schedule, diffusion }: ProsegConfig): ProsegSchedule {
  return {
    coarseIterations: schedule.coarseIterations,
    fineIterations: schedule.fineIterations,
    hillClimbIterations: schedule.hillClimbIterations,
    recordedIterations: Math.min(schedule.recordedIterations, schedule.fineIterations),
    finalTemperature: schedule.finalTemperature,
    proposalsPerPair: schedule.proposalsPerPair,
    loadings: schedule.loadings,
    loadingsEvery: schedule.loadingsEvery,
    diffusion,
  };
}

/** `meta.schedule` of the border round: fine voxels only, the last half of the warm iterations recorded. */
export function borderSchedule(config: ProsegConfig): ProsegSchedule {
  const { borderIterations, borderHillClimbIterations } = config.schedule;
  return {
    ...tileSchedule(config),
    coarseIterations: 0,
    fineIterations: borderIterations,
    hillClimbIterations: borderHillClimbIterations,
    recordedIterations: Math.ceil(borderIterations / 2),
  };
}
