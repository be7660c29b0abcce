/** Programs that were tried and have no adapter: name, version, why; on Python 3.11 without a graphics card. */
export const NO_ADAPTER: readonly (readonly [name: string, version: string, why: string])[] = [
  [
    'pciSeq',
    '0.0.61 (PyPI)',
    'installs with pandas below 3; types cells against a single-cell reference, and without one, as here, put no transcript into any cell',
  ],
  [
    'BIDCell',
    '1.0.3 (PyPI)',
    'not run: trains a network per slide on nuclear images, and needs a single-cell reference and lists of markers; the slides here carry no image',
  ],
  ['segger', '-', 'not run: not on PyPI'],
  [
    'sopa',
    'PyPI',
    'not a method: runs programs of this table (Baysor, Proseg, ComSeg, Cellpose) on patches of a slide',
  ],
];
