/** Programs for which there is no adapter, and why; tried on Python 3.11 without a graphics card. */
export const NOT_RUN: readonly (readonly [name: string, why: string])[] = [
  [
    'pciSeq',
    'on PyPI (0.0.61; needs pandas below 3), but without a single-cell reference, as here, it put no transcript into any cell',
  ],
  ['segger', 'not on PyPI'],
  [
    'BIDCell',
    'on PyPI (1.0.3), but trains a network per slide on nuclear images, and needs a single-cell reference and lists of markers; the slides here carry no image',
  ],
  [
    'sopa',
    'on PyPI, but a framework that runs other programs of this table (Baysor, Proseg, ComSeg, Cellpose) on patches, not a method of its own',
  ],
];
