import { BAYSOR } from './baysor.ts';
import type { Competitor } from './competitor.ts';
import { PROSEG } from './proseg.ts';
import { PYTHON } from './python.ts';
import { EXPAND, NUCLEUS, SPATILE, SPATILE_BAYSOR, SPATILE_ONE, SPATILE_SURE, VENDOR } from './spatile.ts';

/** Programs of others. */
export const OTHERS: readonly Competitor[] = [PROSEG, BAYSOR, ...PYTHON.map(({ competitor }) => competitor)];

/** Other ways to run spatile. */
export const VARIANTS: readonly Competitor[] = [SPATILE_SURE, SPATILE_BAYSOR];

/** Ways that cost next to nothing. */
export const SIMPLE: readonly Competitor[] = [EXPAND, NUCLEUS, VENDOR];

/** Everything that the comparison runs, as far as the machine has it. */
export const COMPETITORS: readonly Competitor[] = [SPATILE, SPATILE_ONE, ...VARIANTS, ...OTHERS, ...SIMPLE];
