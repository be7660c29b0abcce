import type { FeatureKind } from './slide.ts';

/** Xenium's `codeword_category` (XOA 3 and later); null when the word is not known. */
export function kindOfCategory(category: string): FeatureKind | null {
  return CATEGORIES.get(category) ?? null;
}

/** The matrix's `feature_type` of 10x bundles; null when the word is not known. */
export function kindOfFeatureType(type: string): FeatureKind | null {
  return FEATURE_TYPES.get(type) ?? null;
}

/** What a name says about a feature; null when it does not look like a control of any platform. */
export function kindOfName(name: string): FeatureKind | null {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

const CATEGORIES = new Map<string, FeatureKind>([
  ['predesigned_gene', 'gene'],
  ['custom_gene', 'gene'],
  ['negative_control_probe', 'negative_control_probe'],
  ['negative_control_codeword', 'negative_control_codeword'],
  ['unassigned_codeword', 'unassigned_codeword'],
  ['deprecated_codeword', 'deprecated_codeword'],
  ['genomic_control_probe', 'genomic_control'],
]);

const FEATURE_TYPES = new Map<string, FeatureKind>([
  ['Gene Expression', 'gene'],
  ['Negative Control Probe', 'negative_control_probe'],
  ['Negative Control Codeword', 'negative_control_codeword'],
  ['Blank Codeword', 'blank'],
  ['Unassigned Codeword', 'unassigned_codeword'],
  ['Deprecated Codeword', 'deprecated_codeword'],
  ['Genomic Control', 'genomic_control'],
]);

/** First match wins. Xenium, then CosMx, then MERSCOPE. */
const NAMES: readonly (readonly [RegExp, FeatureKind])[] = [
  [/^NegControlCodeword/, 'negative_control_codeword'],
  [/^NegControl/, 'negative_control_probe'],
  [/^antisense_/, 'negative_control_probe'],
  [/^Unassigned(Codeword)?_/, 'unassigned_codeword'],
  [/^Deprecated(Codeword)?_/, 'deprecated_codeword'],
  [/^Intergenic_Region/, 'genomic_control'],
  [/^(NegPrb|Negative\d*$)/, 'negative_control_probe'],
  [/^(FalseCode|SystemControl)/, 'negative_control_codeword'],
  [/^blank[-_]/i, 'blank'],
];
