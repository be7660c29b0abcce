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

/** Class of each type as a number: types of one named class share it. Errors: as `classesOf`. */
export function groupsOf(types: readonly string[], named: readonly string[]): Int32Array {
  const classes = classesOf(named, types);
  const numbers = new Map<string, number>();
  return Int32Array.from(types, (type) => {
    const name = classes.has(type) ? `class ${classes.get(type)}` : `type ${type}`;
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  });
}
