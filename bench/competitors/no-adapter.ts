/** Programs that have no adapter: name, version, why; looked at on Python 3.11 without a graphics card. */
export const NO_ADAPTER: readonly (readonly [name: string, version: string, why: string])[] = [
  [
    'pciSeq',
    '0.0.61 (PyPI)',
    'installs with pandas below 3 and ran; types cells against a single-cell reference, and without one, as here, put no transcript into any cell',
  ],
  [
    'BIDCell',
    '1.0.3 (PyPI)',
    'not run: trains a network per slide on nuclear images, and needs a single-cell reference and lists of markers; the slides here carry no image',
  ],
  [
    'Bering',
    '0.1.2 (PyPI)',
    'not run: carries over what a graph network learnt of annotated molecules; the slides here have none to learn from',
  ],
  ['SSAM', '1.1.3 (PyPI)', 'not run: maps cell types without cells, so that there is nothing to judge'],
  ['segger', '-', 'not run: not on PyPI; trains a graph network'],
  ['SCS', '-', 'not run: not on PyPI, where the name is that of a solver; made for Stereo-seq'],
  [
    'FastReseg',
    '-',
    'not run: an R package in none of the registries that the measuring machine reaches; repairs a segmentation',
  ],
  [
    'sopa',
    '2.2.11 (PyPI)',
    'not a method: runs programs of this table (Baysor, Proseg, ComSeg, Cellpose) on patches of a slide',
  ],
];
