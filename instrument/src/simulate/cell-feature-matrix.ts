import { type Group, File as Hdf5File } from 'h5wasm/node';
import { LongColumn, makeTexts, writingHdf5 } from './hdf5-columns.ts';
import { featureId } from './manifest.ts';
import type { Panel } from './panel.ts';
import { Tally } from './tally.ts';
import type { VendorNucleus } from './vendor.ts';

const FEATURE_TYPES: Record<string, string> = {
  predesigned_gene: 'Gene Expression',
  negative_control_probe: 'Negative Control Probe',
  negative_control_codeword: 'Negative Control Codeword',
  unassigned_codeword: 'Unassigned Codeword',
};

interface CellCounts {
  id: string;
  /** One entry per transcript. */
  features: number[];
}

/**
 * `cell_feature_matrix.h5` in 10x's layout: features by cells, cell after cell in the order of their ids. Blocks come row
 * by row; a row's cells are complete when the next row is done, so no more than three rows are held.
 */
export class CellFeatureMatrix {
  readonly #path: string;
  readonly #panel: Panel;
  /** Blocks in a row of the slide. */
  readonly #columns: number;
  readonly #file: Hdf5File;
  readonly #data: LongColumn;
  readonly #indices: LongColumn;
  readonly #blocks = new Map<number, CellCounts[]>();
  readonly #barcodes: string[] = [];
  /** Where each cell's entries begin, and where the last one's end. */
  readonly #bounds = [0];
  readonly #genesPerCell: number[] = [];
  readonly #tally: Tally;

  private constructor(path: string, panel: Panel, columns: number) {
    this.#path = path;
    this.#panel = panel;
    this.#columns = columns;
    this.#tally = new Tally(panel.names.length);
    // The oldest layout, as instruments write it.
    this.#file = new Hdf5File(path, 'w', { libver: ['earliest', 'latest'] });
    const matrix = this.#file.create_group('matrix') as Group;
    this.#data = new LongColumn(matrix, 'data', '<i');
    this.#indices = new LongColumn(matrix, 'indices', '<q');
  }

  /** Begins the file; `columns`: blocks in a row of the slide. Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`. */
  static create(path: string, panel: Panel, columns: number): Promise<CellFeatureMatrix> {
    return writingHdf5(path, () => new CellFeatureMatrix(path, panel, columns));
  }

  /** Makes a cell known, also one that will have no count. */
  cell({ block, place, id }: VendorNucleus): void {
    let cells = this.#blocks.get(block);
    if (!cells) {
      cells = [];
      this.#blocks.set(block, cells);
    }
    cells[place] ??= { id, features: [] };
  }

  /** The list that takes the feature of each transcript counted in a cell that was made known. */
  featuresOf({ block, place }: VendorNucleus): number[] {
    return this.#blocks.get(block)![place].features;
  }

  /** Says that all transcripts of a row of blocks were counted. Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`. */
  async rowDone(row: number): Promise<void> {
    await writingHdf5(this.#path, () => {
      for (let column = 0; column < this.#columns; column++) this.#write((row - 1) * this.#columns + column);
    });
  }

  /** Numbers of different genes in the cells, in the order of ids; complete after `finish`. */
  get genesPerCell(): number[] {
    return this.#genesPerCell;
  }

  /** Writes what is left and closes the file. Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`. */
  async finish(): Promise<void> {
    await writingHdf5(this.#path, () => {
      for (const block of [...this.#blocks.keys()].sort((a, b) => a - b)) this.#write(block);
      this.#data.flush();
      this.#indices.flush();
      const matrix = this.#file.get('matrix') as Group;
      matrix.create_dataset({ name: 'indptr', data: BigInt64Array.from(this.#bounds, BigInt), dtype: '<q' });
      makeTexts(matrix, 'barcodes', this.#barcodes);
      const shape = Int32Array.of(this.#panel.names.length, this.#barcodes.length);
      matrix.create_dataset({ name: 'shape', data: shape, dtype: '<i' });
      this.#writeFeatures(matrix.create_group('features') as Group);
      this.#file.create_attribute('filetype', 'matrix', null, 'A7');
      this.#file.create_attribute('version', 2, null, '<i');
      this.#file.close();
    });
  }

  #writeFeatures(group: Group): void {
    const { names, categories } = this.#panel;
    const ids = names.map((_, feature) => featureId(this.#panel, feature));
    makeTexts(group, 'id', ids);
    makeTexts(group, 'name', names);
    makeTexts(
      group,
      'feature_type',
      categories.map((category) => FEATURE_TYPES[category]),
    );
    makeTexts(
      group,
      'genome',
      names.map(() => 'simulated'),
    );
    makeTexts(group, '_all_tag_keys', ['genome']);
  }

  /** Appends the columns of a block's cells and forgets them. */
  #write(block: number): void {
    for (const { id, features } of this.#blocks.get(block) ?? []) {
      let distinct = 0;
      let genes = 0;
      this.#tally.take(features, (feature, count) => {
        this.#data.push(count);
        this.#indices.push(feature);
        distinct++;
        if (feature < this.#panel.genes) genes++;
      });
      this.#barcodes.push(id);
      this.#genesPerCell.push(genes);
      this.#bounds.push(this.#bounds[this.#bounds.length - 1] + distinct);
    }
    this.#blocks.delete(block);
  }
}
