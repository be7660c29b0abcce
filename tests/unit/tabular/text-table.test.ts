import { TextTable } from '@spatile/formats/tabular/text-table';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('TextTable', () => {
  it('gives equal texts equal codes, dense and in the order first met', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 400 }), (texts) => {
        const table = new TextTable();
        const codes = texts.map((text) => table.codeOfText(text));
        const distinct = [...new Set(texts)];
        expect(table.names).toEqual(distinct);
        expect(codes).toEqual(texts.map((text) => distinct.indexOf(text)));
      }),
    );
  });

  it('stays right through many growths', () => {
    const table = new TextTable();
    const texts = Array.from({ length: 50_000 }, (_, i) => `cell-${i * 7}`);
    const codes = texts.map((_, i) => i);
    expect(texts.map((text) => table.codeOfText(text))).toEqual(codes);
    expect(texts.map((text) => table.codeOfText(text))).toEqual(codes);
  });

  it('reads a range of a longer array', () => {
    const table = new TextTable();
    const bytes = Buffer.from('a,bc,a');
    expect([
      table.code(bytes, 0, 1),
      table.code(bytes, 2, 4),
      table.code(bytes, 5, 6),
      table.code(bytes, 6, 6),
    ]).toEqual([0, 1, 0, 2]);
    expect(table.names).toEqual(['a', 'bc', '']);
  });

  it('takes numbers by their decimal text, beyond 2^53 too, and NaN as none', () => {
    const table = new TextTable();
    expect(table.codeOfNumber(9007199254740993n)).toBe(table.codeOfText('9007199254740993'));
    expect(table.codeOfNumber(9007199254740992n)).not.toBe(table.codeOfText('9007199254740993'));
    expect(table.codeOfNumber(-1)).toBe(table.codeOfText('-1'));
    expect(table.codeOfNumber(Number.NaN)).toBe(table.codeOfText(''));
  });
});
