/** Kinds of tissue the simulator knows, with what each changes of the default one. */
export const PRESET_NOTES = {
  default: 'crowded enough to be hard: 300 genes, 150 transcripts per cell, a fifth of them leaked',
  easy: 'round cells well apart, little leak, a good vendor segmentation',
  crowded: 'twice as dense, cells of unequal size, many over one another in z',
  elongated: 'long, bent cells in strands',
  leaky: 'nearly half of the transcripts leaked, and much ambient',
  sparse: 'a third of the slide without tissue, 45 transcripts per cell',
  'whole-transcriptome': '18,000 genes, 400 transcripts per cell',
} as const;

export type Preset = keyof typeof PRESET_NOTES;
export const PRESETS = Object.keys(PRESET_NOTES) as Preset[];
