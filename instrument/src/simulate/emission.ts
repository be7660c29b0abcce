import { RandomStream } from '@spatile/random/stream';
import { birthPlace, SECTION_UM } from './birth-place.ts';
import { BLOCK_UM, blockRect } from './blocks.ts';
import { CELL_TYPES } from './cell-types.ts';
import { drawExpression, type Expression, Mixture } from './expression.ts';
import { Leakage } from './leakage.ts';
import type { Settings } from './options.ts';
import { drawPanel, type Panel } from './panel.ts';
import { drawQuality, isMiscalled } from './quality.ts';
import { share } from './share.ts';
import type { Cell, Tissue } from './tissue.ts';
import type { TranscriptBuffer } from './transcripts.ts';

/** Shape of the gamma factor on a cell's output: a coefficient of variation of 0.5. */
const OUTPUT_SHAPE = 4;
/** Typical cell area in square spacings, where a cell's output is that of its type. */
const TYPICAL_AREA = 1.6;
/** Seeds per square spacing that random packing reaches; used for the expected density of the slide. */
const PACKING = 0.55;
/** Spread of what drifts around a cell. */
const AMBIENT_SD_UM = 12;
/** Control calls per transcript. */
const CONTROL_SHARE = 0.004;
/** Tilt of the section per micron along x and y. */
const TILT_X = 0.002;
const TILT_Y = 0.001;

/** Fills a buffer with the transcripts born in a block. */
export class Emission {
  readonly panel: Panel;
  readonly #tissue: Tissue;
  readonly #settings: Settings;
  readonly #expression: Expression;
  readonly #leakage: Leakage;
  readonly #place = new Float64Array(3);

  constructor(tissue: Tissue) {
    this.#tissue = tissue;
    this.#settings = tissue.settings;
    this.panel = drawPanel(tissue.settings);
    this.#expression = drawExpression(tissue.settings, this.panel);
    this.#leakage = new Leakage(tissue.settings, this.panel);
  }

  /**
   * Replaces the buffer's content by the transcripts of the cells seeded in the block, of the ambient around them and of
   * the controls there, in random order. Transcripts that end outside the slide are not seen and not counted.
   */
  fill(column: number, row: number, into: TranscriptBuffer): void {
    into.length = 0;
    const stream = new RandomStream(this.#settings.seed, 'emission', column, row);
    this.#tissue.block(column, row).forEach((cell, place) => {
      this.#emit(stream, cell, place + 1, into);
    });
    this.#scatter(stream, column, row, into);
  }

  #emit(stream: RandomStream, cell: Cell, label: number, into: TranscriptBuffer): void {
    const { transcriptsPerCell, ambientLocal, spacingUm } = this.#settings;
    const size = (cell.body.area / (TYPICAL_AREA * spacingUm ** 2)) ** 0.7;
    const output = (CELL_TYPES[cell.type].output * size * stream.gamma(OUTPUT_SHAPE)) / OUTPUT_SHAPE;
    const mixture = new Mixture(stream, cell.type, this.#expression);
    const regionFactor = this.#leakage.regionFactor(cell.body.centreX, cell.body.centreY);
    const count = stream.poisson(transcriptsPerCell * output);
    const place = this.#place;
    for (let i = 0; i < count; i++) {
      const gene = mixture.drawGene(stream);
      birthPlace(stream, cell, this.panel.nuclearShare[gene], place);
      const bornX = place[0];
      const bornY = place[1];
      const leaked = this.#leakage.displace(stream, gene, regionFactor, place);
      this.#see(stream, gene, label, bornX, bornY, place[2], leaked, into);
    }
    const drifting = stream.poisson(ambientLocal * transcriptsPerCell * output);
    for (let i = 0; i < drifting; i++) {
      place[0] = cell.body.centreX + AMBIENT_SD_UM * stream.normal();
      place[1] = cell.body.centreY + AMBIENT_SD_UM * stream.normal();
      const gene = this.#expression.ambient.draw(share(stream));
      this.#see(stream, gene, 0, place[0], place[1], SECTION_UM * share(stream), false, into);
    }
  }

  /** Ambient transcripts and controls, even over the block's part of the slide. */
  #scatter(stream: RandomStream, column: number, row: number, into: TranscriptBuffer): void {
    const { sizeUm, spacingUm, gapShare, transcriptsPerCell, ambientUniform } = this.#settings;
    const { x0, y0 } = blockRect(column, row);
    const width = Math.min(BLOCK_UM, sizeUm - x0);
    const height = Math.min(BLOCK_UM, sizeUm - y0);
    const expected = (width * height * PACKING * (1 - gapShare) * transcriptsPerCell) / spacingUm ** 2;
    const ambient = stream.poisson(ambientUniform * expected);
    const controls = stream.poisson(CONTROL_SHARE * expected);
    const { names, genes } = this.panel;
    for (let i = 0; i < ambient + controls; i++) {
      const x = x0 + width * share(stream);
      const y = y0 + height * share(stream);
      const feature =
        i < ambient
          ? this.#expression.ambient.draw(share(stream))
          : genes + stream.integer(names.length - genes);
      this.#place[0] = x;
      this.#place[1] = y;
      this.#see(stream, feature, 0, x, y, SECTION_UM * share(stream), false, into);
    }
  }

  /** Records a transcript seen at `#place`, with its quality and height; a poor call may name another gene. */
  #see(
    stream: RandomStream,
    feature: number,
    label: number,
    bornX: number,
    bornY: number,
    height: number,
    displaced: boolean,
    into: TranscriptBuffer,
  ): void {
    const { sizeUm } = this.#settings;
    const x = Math.fround(this.#place[0]);
    const y = Math.fround(this.#place[1]);
    if (!(x >= 0 && y >= 0 && x < sizeUm && y < sizeUm)) return;
    const qv = drawQuality(stream);
    const miscalled = feature < this.panel.genes && isMiscalled(stream, qv);
    const i = into.add();
    into.feature[i] = miscalled ? this.#expression.ambient.draw(share(stream)) : feature;
    into.cell[i] = label;
    into.bornX[i] = bornX;
    into.bornY[i] = bornY;
    into.x[i] = x;
    into.y[i] = y;
    into.z[i] = 2 + TILT_X * x + TILT_Y * y + height;
    into.qv[i] = qv;
    into.displaced[i] = displaced ? 1 : 0;
  }
}
