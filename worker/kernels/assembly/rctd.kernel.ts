/**
 * Weights of cell types in one cell: iteratively reweighted least squares on the Poisson log-normal likelihood of RCTD
 * (Cable et al., Nat Biotechnol 40:517, 2022); our own implementation.
 *
 * Memory, all laid out by the caller (`bind-rctd.ts`):
 *
 * | array | type | shape |
 * | --- | --- | --- |
 * | profiles | f64 | types x stride, expression share of gene j in type k; genes padded with 0 to an even stride |
 * | table | f64 | rows x intervals x 4: value and first three derivatives of ln P(count | rate) where the interval begins |
 * | nodes | f64 | begin of each interval of the rate |
 * | interval | u16 | interval of a rate, by floor(1000 sqrt(rate)) |
 * | rowOf | u32 | byte offset in `table` of the count of gene j in the present cell |
 *
 * Nothing is allocated. Cost of one round: O(genes x types^2) where `solve` makes a Hessian, O(genes x types) elsewhere, O(genes)
 * for the scores of one and two types.
 */
export { columnsAt, memoryStart, ratesAt, scratchBytes, setUp, weightsAt } from './rctd-layout';
export { scoreOfRates } from './rctd-likelihood';
export { scoreOne, scorePair } from './rctd-few';
export { scoreOf, solve } from './rctd-solve';
