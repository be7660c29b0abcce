/** Colours of results, after Okabe and Ito (2008): told apart by readers of all colour visions; yellow is too faint on white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b6573'];

/** Colour of the n-th result; after seven they repeat, and names beside the marks tell them apart. */
export const resultColour = (nth: number): string => COLOURS[nth % COLOURS.length];
