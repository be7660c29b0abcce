import type { CorrectConfig, CorrectMethodName } from '@spatile/formats/config/schema';
import { celladmix } from './celladmix/method.ts';
import type { CorrectMethod } from './method.ts';
import { rctd } from './rctd/method.ts';
import { resolvi } from './resolvi/method.ts';
import { split } from './split/method.ts';

/** All methods of the correct stage. A method adds its entry here and its folder beside the others. */
const METHODS: Readonly<Record<CorrectMethodName, CorrectMethod>> = { rctd, split, celladmix, resolvi };

/** The methods of a configuration, in their order. */
export const methodsOf = ({ methods }: CorrectConfig): CorrectMethod[] =>
  methods.map((name) => METHODS[name]);
