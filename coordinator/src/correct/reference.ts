import { resolve } from 'node:path';
import type { CorrectConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { type Panel, type ReferenceProfiles, readReference } from '@spatile/formats/reference/read';

/**
 * Reads the reference of a configuration for the genes of a slide.
 * Errors: `CONFIG_INVALID` for methods that do not go together or lack what they need, those of `readReference`.
 */
export async function loadReference(config: CorrectConfig, panel: Panel): Promise<ReferenceProfiles> {
  checkMethods(config);
  const { file, labelFile, ...options } = config.reference;
  return readReference(resolve(file!), panel, {
    ...options,
    labelFile: labelFile === null ? null : resolve(labelFile),
  });
}

/** Errors: `CONFIG_INVALID`. */
export function checkMethods({ methods, reference, rctd }: CorrectConfig): void {
  const wrong = (what: string, expected: string, todo: string): SpatileError =>
    new SpatileError('CONFIG_INVALID', `correct.methods: ${what}; expected ${expected}; ${todo}`);
  if (methods.length === 0)
    throw wrong('no method is named', 'rctd, or rctd and split', 'name them with --correct');
  if (new Set(methods).size !== methods.length)
    throw wrong(`a method is named twice (${methods.join(', ')})`, 'each method once', 'leave one out');
  if (methods.includes('split') && methods[0] !== 'rctd')
    throw wrong('split has no cell types to go by', 'rctd before split', 'write rctd,split');
  if (methods.includes('split') && rctd.mode !== 'doublet')
    throw wrong(
      `split needs doublets (correct.rctd.mode is ${rctd.mode})`,
      'mode doublet',
      'set correct.rctd.mode=doublet',
    );
  if (reference.file === null)
    throw wrong(
      'rctd has no reference',
      'labelled cells or profiles',
      'name them with correct.reference.file',
    );
}
