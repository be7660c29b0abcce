import { SpatileError } from '@spatile/formats/errors';

/**
 * Class of each type that has one, from `type=class`. Errors: `CONFIG_INVALID` for another form or a type that the reference
 * lacks.
 */
export function classesOf(named: readonly string[], types: readonly string[]): Map<string, string> {
  return new Map(
    named.map((text): [string, string] => {
      const at = text.lastIndexOf('=');
      const type = text.slice(0, Math.max(0, at)).trim();
      const name = text.slice(at + 1).trim();
      if (types.includes(type) && name !== '') return [type, name];
      throw new SpatileError(
        'CONFIG_INVALID',
        `correct.rctd.classes: "${text}" names no type of the reference and a class; expected type=class with one of ${types.join(', ')}; correct it`,
      );
    }),
  );
}
