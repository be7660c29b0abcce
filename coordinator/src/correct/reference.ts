import { resolve } from 'node:path';
import { CORRECT_METHODS } from '@spatile/formats/config/correct';
import type { CorrectConfig } from '@spatile/formats/config/schema';
import { type Panel, type ReferenceProfiles, readReference } from '@spatile/formats/reference/read';
import { invalidMethods } from './invalid.ts';
import { methodsOf } from './methods.ts';

/**
 * Reads the reference of a configuration for the genes of a slide; null when no method takes one.
 * Errors: `CONFIG_INVALID` for methods that do not go together or lack what they need, those of `readReference`.
 */
export async function loadReference(config: CorrectConfig, panel: Panel): Promise<ReferenceProfiles | null> {
  checkMethods(config);
  if (!methodsOf(config).some(({ takes }) => takes.reference)) return null;
  const { file, labelFile, ...options } = config.reference;
  return readReference(resolve(file!), panel, {
    ...options,
    labelFile: labelFile === null ? null : resolve(labelFile),
  });
}

/** Errors: `CONFIG_INVALID` for methods that do not go together or lack what they need. */
export function checkMethods(config: CorrectConfig): void {
  const { methods } = config;
  if (methods.length === 0)
    throw invalidMethods(
      'no method is named',
      CORRECT_METHODS.join(', ').replace(/, ([^,]*)$/, ' or $1'),
      'name them with --correct',
    );
  if (new Set(methods).size !== methods.length)
    throw invalidMethods(
      `a method is named twice (${methods.join(', ')})`,
      'each method once',
      'leave one out',
    );
  for (const method of methodsOf(config)) method.check(config);
}

/** Whether a method of the configuration takes transcripts with their places. */
export const takesTranscripts = (config: CorrectConfig): boolean =>
  methodsOf(config).some(({ takes }) => takes.transcripts);
