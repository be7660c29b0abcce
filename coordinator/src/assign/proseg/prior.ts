/** Hyperparameters of the model (Jones et al., Nat Methods 22:1331, 2025; values of version 3.1). */

/** Dirichlet parameter of every gene loading. */
export const THETA_ALPHA = 0.1;
/** Dirichlet parameter of every component weight. */
export const PI_ALPHA = 1;
/** Background rates: Gamma(shape, rate in units of volume), for a gene over all layers and density bins together. */
export const BETA_SHAPE = 1;
export const BETA_RATE = 1;
/** ln-volume mean of a component: N(ln 50, 3^2), volumes in um2 (depth rescaled to 1). */
export const MU_MEAN = 3.912023005428146;
export const MU_PRECISION = 1 / 9;
/** ln-volume variance of a component: InvGamma(shape, scale). */
export const SIGMA2_SHAPE = 4;
export const SIGMA2_SCALE = 1;
/** Dispersion of the loadings: Gamma(shape, rate), floored after each draw. */
export const R_SHAPE = 1;
export const R_RATE = 1;
export const R_FLOOR = 2e-4;
/** ln of the scale of the loadings: normal with this mean and precision. */
export const LN_S_MEAN = -1;
export const LN_S_PRECISION = 0.1;
