import { SpatileError } from '@spatile/formats/errors';

/** Methods that do not go together, or lack what they need. */
export const invalidMethods = (what: string, expected: string, todo: string): SpatileError =>
  new SpatileError('CONFIG_INVALID', `correct.methods: ${what}; expected ${expected}; ${todo}`);
