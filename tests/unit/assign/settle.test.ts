import type { RectUm } from '@spatile/formats/space';
import { describe, expect, it } from 'vitest';
import { settleWith, type TileClaims } from '../../support/settle.ts';
import { assignResult, type Claim } from './result.ts';

/** The settled tile and two others: one shares its left edge, the other lies 20 um to the right. Cells k: owner of entry k - 1. */
const OWN: RectUm = { x0: 100, y0: 0, x1: 200, y1: 100 };
const LEFT: RectUm = { x0: 0, y0: 0, x1: 100, y1: 100 };
const RIGHT: RectUm = { x0: 220, y0: 0, x1: 300, y1: 100 };
const OWNER = Uint32Array.from([1, 2, 0, 1, 2]);

const left = (...list: Claim[]): TileClaims => ({
  tile: 0,
  core: LEFT,
  claims: assignResult({ claims: list }).claims,
});
const own = (...list: Claim[]): TileClaims => ({
  tile: 1,
  core: OWN,
  claims: assignResult({ claims: list }).claims,
});
const right = (...list: Claim[]): TileClaims => ({
  tile: 2,
  core: RIGHT,
  claims: assignResult({ claims: list }).claims,
});

/** Settles row 7 alone, observed at (x, 50). */
const settleAt = (x: number, ours: TileClaims, ...others: TileClaims[]) =>
  settleWith(ours, others, { row: Uint32Array.of(7), x: Float32Array.of(x), y: Float32Array.of(50) }, OWNER);
const claim = (cell: number, probability: number, dx = 0): Claim => ({ row: 7, cell, probability, dx });

describe('the order of claims', () => {
  it('takes the higher probability first, however far its tile', () => {
    const verdict = settleAt(101, own(claim(1, 0.5)), left(claim(3, 0.75)), right(claim(2, 0.875, 3)));
    expect([verdict.cell[0], verdict.probability[0], verdict.dx[0]]).toEqual([2, 0.875, 3]);
  });

  it('takes the nearer core at equal probability, though its cell is the higher', () => {
    expect(settleAt(110, own(claim(0, 1)), left(claim(3, 0.5)), right(claim(2, 0.5))).cell[0]).toBe(3);
    expect(settleAt(190, own(claim(0, 1)), left(claim(3, 0.5)), right(claim(2, 0.5))).cell[0]).toBe(2);
  });

  it('takes its own tile first at equal probability, on a shared edge too', () => {
    expect(settleAt(150, own(claim(4, 0.5)), left(claim(3, 0.5))).cell[0]).toBe(4);
    expect(settleAt(100, own(claim(4, 0.5)), left(claim(3, 0.5))).cell[0]).toBe(4);
  });

  it('takes the lower cell at equal probability and distance', () => {
    const middle = 160;
    expect(settleAt(middle, own(claim(0, 1)), left(claim(3, 0.5)), right(claim(2, 0.5))).cell[0]).toBe(2);
    expect(settleAt(middle, own(claim(0, 1)), right(claim(5, 0.5)), left(claim(3, 0.5))).cell[0]).toBe(3);
  });

  it('prefers any claim to the background and takes none for a cell of another tile', () => {
    expect(settleAt(150, own(claim(0, 1)), left(claim(3, 0.25))).cell[0]).toBe(3);
    const verdict = settleAt(150, own(claim(3, 1)), left(claim(2, 1)));
    expect([verdict.cell[0], verdict.probability[0]]).toEqual([0, 0]);
  });
});

it('matches rows by their number, not by their place', () => {
  const ours = own(
    { row: 3, cell: 0, probability: 1 },
    { row: 8, cell: 1, probability: 0.5 },
    { row: 20, cell: 0, probability: 1 },
  );
  const theirs = left(
    { row: 2, cell: 3, probability: 1 },
    { row: 8, cell: 3, probability: 0.25 },
    { row: 9, cell: 3, probability: 1 },
    { row: 20, cell: 3, probability: 0.5 },
  );
  const place = new Float32Array(3).fill(150);
  const at = { row: Uint32Array.of(3, 8, 20), x: place, y: place };
  const { cell } = settleWith(ours, [theirs], at, OWNER);
  expect([...cell]).toEqual([0, 1, 3]);
});

it('changes nothing when it settles twice', () => {
  const rows = [0, 1, 2, 3, 4];
  const x = Float32Array.of(100, 110, 150, 160, 190);
  const y = new Float32Array(5).fill(50);
  const others = [
    left(...rows.map((row) => ({ row, cell: 3, probability: [0.5, 0.5, 0, 0.5, 0.25][row] }))),
    right(...rows.map((row) => ({ row, cell: row % 2 === 0 ? 2 : 5, probability: 0.5, dy: 1 }))),
  ];
  const ours = own(
    ...[4, 0, 2, 0, 1].map((cell, row) => ({
      row,
      cell,
      probability: [0.5, 1, 0.75, 0.5, 0.25][row],
      dx: row,
    })),
  );
  const row = Uint32Array.from(rows);
  const once = settleWith(ours, others, { row, x, y }, OWNER);
  expect([...once.cell]).toEqual([4, 3, 2, 3, 2]);
  const again: TileClaims = { ...ours, claims: { row, ...once } };
  expect(settleWith(again, others, { row, x, y }, OWNER)).toEqual(once);
});
