/** How a channel is exposed; counts are those of the camera, lengths pixels of level 0. */
export interface Channel {
  name: string;
  /** What the camera reads without light, and light that is everywhere (medium, slide, autofluorescence). */
  offset: number;
  glow: number;
  /** Sd of the point spread in focus; grows with the wavelength. */
  blurPx: number;
  /** Share of all light that out-of-focus planes spread widely. */
  haze: number;
  /** Counts per photon and sd of the read-out. */
  gain: number;
  readNoise: number;
}

/** The channels of the multi-tissue stain of XOA 2 and 3, in file order. */
export const CHANNELS: readonly Channel[] = [
  { name: 'DAPI', offset: 100, glow: 60, blurPx: 1.2, haze: 0.3, gain: 1.6, readNoise: 9 },
  {
    name: 'ATP1A1/CD45/E-Cadherin',
    offset: 100,
    glow: 130,
    blurPx: 1.35,
    haze: 0.35,
    gain: 1.8,
    readNoise: 10,
  },
  { name: '18S', offset: 100, glow: 150, blurPx: 1.45, haze: 0.3, gain: 1.8, readNoise: 10 },
  { name: 'AlphaSMA/Vimentin', offset: 100, glow: 120, blurPx: 1.6, haze: 0.35, gain: 2, readNoise: 11 },
];

export const DAPI = 0;
export const BOUNDARY = 1;
export const INTERIOR_RNA = 2;
export const INTERIOR_PROTEIN = 3;

/** Strength of each stain in a cell type, 1 = the strongest. */
export interface Stain {
  rim: number;
  protein: number;
}

/**
 * The boundary stain is an epithelial one (E-cadherin, ATP1A1) with CD45 on immune cells, so stroma shows hardly any rim;
 * vimentin and smooth-muscle actin mark mesenchymal cells.
 */
const STAINS: Record<string, Stain> = {
  epithelial_a: { rim: 1, protein: 0.02 },
  epithelial_b: { rim: 0.8, protein: 0.02 },
  myoepithelial: { rim: 0.4, protein: 1 },
  fibroblast: { rim: 0.04, protein: 0.6 },
  endothelial: { rim: 0.12, protein: 0.8 },
  t_cell: { rim: 0.35, protein: 0.15 },
  b_cell: { rim: 0.3, protein: 0.1 },
  macrophage: { rim: 0.2, protein: 0.3 },
};

/** Stain of a cell type by name; types that are not listed take hardly any. */
export function stainOf(typeName: string): Stain {
  return STAINS[typeName] ?? { rim: 0.1, protein: 0.1 };
}
