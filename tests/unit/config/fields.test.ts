import { configFields } from '@spatile/formats/config/fields';
import { nearestPath, nearestWord } from '@spatile/formats/config/nearest';
import { defaultConfig } from '@spatile/formats/config/schema';
import { describe, expect, test } from 'vitest';

function leaves(node: object, prefix = ''): string[] {
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  );
}

describe('configFields', () => {
  const settings = configFields().filter((field) => !field.section);

  test('lists every setting of the resolved configuration once', () => {
    expect(settings.map((field) => field.path)).toEqual(leaves(defaultConfig()));
  });

  test('every setting has a description, a default and says what is allowed', () => {
    for (const field of settings) {
      expect(field.description, field.path).not.toBe('');
      expect(field.default, field.path).not.toBeUndefined();
      expect(field.allowed, field.path).not.toMatch(/undefined|anything|object/);
    }
  });
});

describe('nearest', () => {
  test.each([
    ['tilesize', ['tileSizeUm', 'minTileSizeUm'], 'tileSizeUm'],
    ['prosge', ['nucleus', 'expand', 'proseg'], 'proseg'],
    ['q', ['a', 'b'], null],
    ['completelyelse', ['seed', 'plan'], null],
  ])('%s', (word, known, expected) => {
    expect(nearestWord(word, known)).toBe(expected);
  });

  test('a setting of that name in another section is found', () => {
    expect(nearestPath('distanceUm', ['plan.haloUm', 'assign.expand.distanceUm'])).toBe(
      'assign.expand.distanceUm',
    );
  });
});
