import { growRect } from '@spatile/formats/space';
import { exp, ln } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { BLOCK_UM, blockRect } from './blocks.ts';
import { CELL_TYPES } from './cell-types.ts';
import { EmissionKernel } from './emission-kernel.ts';
import { LEAK_LIMIT_UM, Leakage, type LeakRegion } from './leakage.ts';
import type { Settings } from './options.ts';
import { MAX_REACH_UM } from './shapes.ts';
import { SmoothField } from './smooth-field.ts';
import type { Cell, Tissue } from './tissue.ts';
import { drawTranscriptome, type Transcriptome } from './transcriptome.ts';
import type { TranscriptBuffer } from './transcripts.ts';

/** Shape of the gamma factor on a cell's output: a coefficient of variation of 0.5. */
const OUTPUT_SHAPE = 4;
/** A cell's output grows with this power of its area, and is that of its type at this many square spacings. */
const OUTPUT_POWER = 0.7;
const TYPICAL_AREA = 1.6;
/** Seeds per square spacing that random packing reaches; used for the expected density of the slide. */
const PACKING = 0.55;
/** No transcript of a cell is seen farther than this from its seed: a leak goes farther than what drifts, 4.4 sd at most. */
const FARTHEST_UM = MAX_REACH_UM + LEAK_LIMIT_UM;
/** Control calls per transcript. */
const CONTROL_SHARE = 0.004;
/** Cells near each other are in similar states. */
const STATE_SCALE_UM = 150;

/** Fills a buffer with the transcripts born in a block. */
export class Emission {
  readonly tissue: Tissue;
  readonly #settings: Settings;
  readonly #transcriptome: Transcriptome;
  readonly #leakage: Leakage;
  readonly #states: SmoothField;
  readonly #kernel: EmissionKernel;

  constructor(tissue: Tissue, transcriptome: Transcriptome = drawTranscriptome(tissue.settings, null)) {
    this.tissue = tissue;
    this.#settings = tissue.settings;
    this.#transcriptome = transcriptome;
    this.#leakage = new Leakage(tissue.settings);
    this.#kernel = new EmissionKernel(transcriptome, tissue.settings.sizeUm);
    this.#states = new SmoothField(tissue.settings.seed, 'states', STATE_SCALE_UM);
  }

  /**
   * Replaces the buffer's content by the transcripts of the cells seeded in the block, of the ambient around them and of
   * the controls there. Transcripts that end outside the slide are not seen and not counted.
   */
  fill(column: number, row: number, into: TranscriptBuffer): void {
    into.length = 0;
    const stream = new RandomStream(this.#settings.seed, 'emission', column, row);
    this.#kernel.seed(stream);
    const cells = this.tissue.block(column, row);
    into.typeOf = this.#drawTypes(stream, cells);
    for (let place = 0; place < cells.length; place++) this.#emit(stream, cells[place], place + 1, into);
    this.#scatter(stream, column, row, into);
    this.#kernel.flush(into);
  }

  /**
   * How many transcripts `fill` gives; where no transcript of the block's cells can leave the slide, without making them:
   * how many a cell has is drawn from a stream of its own.
   */
  count(column: number, row: number, scratch: TranscriptBuffer): number {
    const { seed, sizeUm } = this.#settings;
    const { x0, y0, x1, y1 } = growRect(blockRect(column, row), FARTHEST_UM);
    if (x0 < 0 || y0 < 0 || x1 > sizeUm || y1 > sizeUm) {
      this.fill(column, row, scratch);
      return scratch.length;
    }
    const stream = new RandomStream(seed, 'emission', column, row);
    this.#kernel.seed(stream);
    const cells = this.tissue.block(column, row);
    const types = this.#drawTypes(stream, cells);
    let count = 0;
    for (let i = 0; i < cells.length; i++) {
      const emitted = this.#drawCounts(stream, cells[i], types[i]);
      count += emitted.own + emitted.drifting;
    }
    const { ambient, controls } = this.#drawBackground(stream, BLOCK_UM, BLOCK_UM);
    return count + ambient + controls;
  }

  /** Expression types of cells, as indices into `Panel.typeNames`. */
  #drawTypes(stream: RandomStream, cells: readonly Cell[]): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(cells, ({ type }) => {
      const types = this.#transcriptome.typesOfKinds[type];
      return types[stream.integer(types.length)];
    });
  }

  /** Turns the mixture to a cell and draws how many transcripts it has, and how many drift around it. */
  #drawCounts(
    stream: RandomStream,
    cell: Cell,
    type: number,
  ): { own: number; drifting: number; region: LeakRegion } {
    const { transcriptsPerCell, ambientLocal, spacingUm } = this.#settings;
    const { area, centreX, centreY } = cell.body;
    const size = exp(OUTPUT_POWER * ln(area / (TYPICAL_AREA * spacingUm ** 2)));
    const output = (CELL_TYPES[cell.type].output * size * stream.gamma(OUTPUT_SHAPE)) / OUTPUT_SHAPE;
    const state = this.#states.at(centreX, centreY) + stream.uniform() - 1;
    this.#transcriptome.mixture.turnTo(stream, type, state);
    const region = this.#leakage.regionAt(centreX, centreY);
    const own = stream.poisson(transcriptsPerCell * output);
    // Where much leaks, much drifts.
    const drifting = stream.poisson(ambientLocal * transcriptsPerCell * output * region.chance);
    return { own, drifting, region };
  }

  /** Draws how many ambient transcripts and controls lie on a part of the slide, microns. */
  #drawBackground(
    stream: RandomStream,
    width: number,
    height: number,
  ): { ambient: number; controls: number } {
    const { spacingUm, gapShare, transcriptsPerCell, ambientUniform } = this.#settings;
    const expected = (width * height * PACKING * (1 - gapShare) * transcriptsPerCell) / spacingUm ** 2;
    const ambient = stream.poisson(ambientUniform * expected);
    return { ambient, controls: stream.poisson(CONTROL_SHARE * expected) };
  }

  #emit(stream: RandomStream, cell: Cell, label: number, into: TranscriptBuffer): void {
    const { leakShare, leakScaleUm } = this.#settings;
    const { own, drifting, region } = this.#drawCounts(stream, cell, into.typeOf[label - 1]);
    const kernel = this.#kernel;
    kernel.turnTo(cell);
    kernel.emit(own, label, leakShare, leakScaleUm, region, into);
    kernel.drift(drifting, cell.body.centreX, cell.body.centreY, into);
  }

  /** Ambient transcripts and controls, even over the block's part of the slide. */
  #scatter(stream: RandomStream, column: number, row: number, into: TranscriptBuffer): void {
    const { sizeUm } = this.#settings;
    const { names, genes } = this.#transcriptome.panel;
    const { x0, y0 } = blockRect(column, row);
    const width = Math.min(BLOCK_UM, sizeUm - x0);
    const height = Math.min(BLOCK_UM, sizeUm - y0);
    const { ambient, controls } = this.#drawBackground(stream, width, height);
    const rect = [x0, y0, width, height] as const;
    this.#kernel.scatter(ambient, rect, null, into);
    this.#kernel.scatter(controls, rect, () => genes + stream.integer(names.length - genes), into);
  }
}
