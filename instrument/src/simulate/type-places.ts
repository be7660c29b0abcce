import { CELL_TYPES } from './cell-types.ts';

/** Words in the names of a reference's types, and the kind of cell (a name in `CELL_TYPES`) that they stand for; first hit counts. */
const WORDS: readonly [RegExp, string][] = [
  [/malignan|tumou?r|cancer|carcinoma|neoplas/i, 'epithelial_b'],
  [/myoepi|myofib|smooth|\bsmc|pericyt|mural|muscle/i, 'myoepithelial'],
  [/epithel|luminal|basal|keratin|hepato|acinar|ductal|club|alveol/i, 'epithelial_a'],
  [/fibro|strom|mesench|adipo|\bcaf/i, 'fibroblast'],
  [/endoth|vascul|vessel|lymphatic/i, 'endothelial'],
  [/plasma|\bb\b|\bb[ _-]?cell|germinal/i, 'b_cell'],
  [/macro|mono|dendrit|\bp?dc|neutro|granulo|mast|myelo|microgl|kupffer/i, 'macrophage'],
  [/\bt\b|\bt[ _-]?cell|cd4|cd8|treg|\bnk|natural killer|lympho/i, 't_cell'],
];

/**
 * Which of the named expression types the cells of each kind of `CELL_TYPES` may have: those whose name says so, then the
 * others in turn; a kind that gets none shares the types of all. Without a reference every kind is its own type.
 */
export function typesOfKinds(typeNames: readonly string[]): readonly (readonly number[])[] {
  const kinds: number[][] = CELL_TYPES.map(() => []);
  typeNames.forEach((name, type) => {
    const own = CELL_TYPES.findIndex((kind) => kind.name === name);
    const said = WORDS.find(([word]) => word.test(name))?.[1];
    const kind = own >= 0 ? own : CELL_TYPES.findIndex((candidate) => candidate.name === said);
    kinds[kind >= 0 ? kind : type % kinds.length].push(type);
  });
  const all = typeNames.map((_, type) => type);
  return kinds.map((types) => (types.length > 0 ? types : all));
}
