import { SpatileError } from '../errors.ts';
import type { RowGroupDecoder } from '../parquet/row-groups.ts';
import type { ColumnArray, ColumnRequest, TableBatch, TableFile } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { CodeMap } from './code-map.ts';
import type { Feature, TranscriptBatch, TranscriptSource } from './slide.ts';

/** Which columns of a table are what; the part that differs between platforms. */
export interface TranscriptColumns {
  /** `scaleUm`: microns per unit; negative where the platform's axis runs the other way. */
  x: { name: string; scaleUm: number };
  y: { name: string; scaleUm: number };
  z: { name: string; scaleUm: number } | null;
  feature: string;
  qv: string | null;
  transcriptId: string | null;
  /** `within`: a column whose value must precede the id to make it unique (CosMx counts cells per field of view). */
  cell: { name: string; within: string | null; isNone: (id: string) => boolean } | null;
  nuclear: { name: string; isInside: (text: string) => boolean } | null;
  /** Columns that say per row what its feature is; read until all features are known. */
  isGene: string | null;
  category: string | null;
}

/** What the table says of a feature where it is first met; null where there is no such column or value. */
export interface FeatureFacts {
  name: string;
  isGene: boolean | null;
  category: string | null;
}

/** About 4 MB of columns. */
const ROWS_PER_BATCH = 1 << 17;

/** Panels have up to some 20,000 features; more than this is not a feature column. */
const MAX_FEATURES = 1 << 18;

/** A transcript table as a `TranscriptSource`. The columns must have been checked; `featureOf` decides kinds and ids. */
export function transcriptSource(
  table: TableFile,
  columns: TranscriptColumns,
  featureOf: (facts: FeatureFacts) => Feature,
): TranscriptSource {
  return new TableTranscripts(table, columns, featureOf);
}

type Wanted = { z?: boolean; qv?: boolean; transcriptId?: boolean; cell?: boolean; nuclear?: boolean };
type TextPart = 'feature' | 'cell' | 'within' | 'nuclear' | 'isGene' | 'category';
type Part = TextPart | 'x' | 'y' | 'z' | 'qv' | 'transcriptId';

class TableTranscripts implements TranscriptSource {
  readonly rowCount: number | null;
  readonly has: TranscriptSource['has'];
  readonly features: Feature[] = [];
  readonly cellIds: string[] = [];

  readonly #table: TableFile;
  readonly #columns: TranscriptColumns;
  readonly #featureOf: (facts: FeatureFacts) => Feature;
  readonly #texts: Record<TextPart, TextTable> = {
    feature: new TextTable(),
    cell: new TextTable(),
    within: new TextTable(),
    nuclear: new TextTable(),
    isGene: new TextTable(),
    category: new TextTable(),
  };
  readonly #featureIndex = new CodeMap();
  readonly #cellIndex = new CodeMap();
  readonly #cellIsSome = new CodeMap();
  readonly #isInside = new CodeMap();
  /** Index of cell (within, cell), both as codes. */
  readonly #pairIndex = new Map<number, number>();
  #allFeaturesMet = false;

  constructor(table: TableFile, columns: TranscriptColumns, featureOf: (facts: FeatureFacts) => Feature) {
    this.rowCount = table.rowCount;
    this.has = {
      z: columns.z !== null,
      qv: columns.qv !== null,
      transcriptId: columns.transcriptId !== null,
      cell: columns.cell !== null,
      nuclear: columns.nuclear !== null,
    };
    this.#table = table;
    this.#columns = columns;
    this.#featureOf = featureOf;
  }

  async *batches(
    wanted: Wanted = { z: true, qv: true, transcriptId: true, cell: true, nuclear: true },
    decoder: RowGroupDecoder | null = null,
  ): AsyncGenerator<TranscriptBatch> {
    const { parts, requests } = this.#requests(wanted);
    for await (const batch of this.#table.batches(requests, ROWS_PER_BATCH, decoder)) {
      yield this.#translate(batch, new Map(parts.map((part, index) => [part, batch.columns[index]])));
    }
    this.#allFeaturesMet = true;
  }

  #requests(wanted: Wanted): { parts: Part[]; requests: ColumnRequest[] } {
    const { x, y, z, feature, qv, transcriptId, cell, nuclear, isGene, category } = this.#columns;
    const parts: Part[] = [];
    const requests: ColumnRequest[] = [];
    const add = (part: Part, request: ColumnRequest): void => {
      parts.push(part);
      requests.push(request);
    };
    const code = (part: TextPart, name: string): void =>
      add(part, { name, as: 'code', table: this.#texts[part] });
    add('x', { name: x.name, as: 'float32', scale: x.scaleUm });
    add('y', { name: y.name, as: 'float32', scale: y.scaleUm });
    if (wanted.z && z) add('z', { name: z.name, as: 'float32', scale: z.scaleUm });
    code('feature', feature);
    if (wanted.qv && qv) add('qv', { name: qv, as: 'float32', scale: 1 });
    if (wanted.transcriptId && transcriptId) add('transcriptId', { name: transcriptId, as: 'uint64' });
    if (wanted.cell && cell) code('cell', cell.name);
    if (wanted.cell && cell?.within) code('within', cell.within);
    if (wanted.nuclear && nuclear) code('nuclear', nuclear.name);
    if (!this.#allFeaturesMet && isGene) code('isGene', isGene);
    if (!this.#allFeaturesMet && category) code('category', category);
    return { parts, requests };
  }

  #translate({ firstRow, length }: TableBatch, parts: Map<Part, ColumnArray>): TranscriptBatch {
    const floats = (part: Part) => (parts.get(part) as Float32Array | undefined) ?? null;
    const codes = (part: Part) => (parts.get(part) as Uint32Array | undefined) ?? null;
    const feature = codes('feature')!;
    this.#translateFeatures(feature, firstRow, codes('isGene'), codes('category'));
    const cell = codes('cell');
    if (cell) this.#translateCells(cell, codes('within'));
    const nuclear = codes('nuclear');
    if (nuclear) {
      const { names } = this.#texts.nuclear;
      const { isInside } = this.#columns.nuclear!;
      this.#isInside.translate(nuclear, names.length, (code) => (isInside(names[code]) ? 1 : 0));
    }
    return {
      firstRow,
      length,
      x: floats('x')!,
      y: floats('y')!,
      z: floats('z'),
      feature,
      qv: floats('qv'),
      transcriptId: (parts.get('transcriptId') as BigUint64Array | undefined) ?? null,
      cell,
      nuclear: nuclear && Uint8Array.from(nuclear),
    };
  }

  #translateFeatures(
    feature: Uint32Array,
    firstRow: number,
    isGene: Uint32Array | null,
    category: Uint32Array | null,
  ): void {
    const texts = this.#texts;
    this.#featureIndex.translate(feature, texts.feature.names.length, (code, row) => {
      const name = texts.feature.names[code];
      if (name === '' || this.features.length === MAX_FEATURES) throw this.#notAFeature(name, firstRow + row);
      const facts = {
        name,
        isGene: isGene && parseFlag(texts.isGene.names[isGene[row]]),
        category: (category && texts.category.names[category[row]]) || null,
      };
      return this.features.push(this.#featureOf(facts)) - 1;
    });
  }

  #translateCells(cell: Uint32Array, within: Uint32Array | null): void {
    const { names } = this.#texts.cell;
    const { isNone } = this.#columns.cell!;
    if (!within) {
      this.#cellIndex.translate(cell, names.length, (code) =>
        isNone(names[code]) ? 0 : this.cellIds.push(names[code]),
      );
      return;
    }
    const some = cell.slice();
    this.#cellIsSome.translate(some, names.length, (code) => (isNone(names[code]) ? 0 : 1));
    const groups = this.#texts.within.names;
    for (let row = 0; row < cell.length; row++) {
      const pair = within[row] * 2 ** 32 + cell[row];
      let index = some[row] === 0 ? 0 : this.#pairIndex.get(pair);
      if (index === undefined) {
        index = this.cellIds.push(`${groups[within[row]]}_${names[cell[row]]}`);
        this.#pairIndex.set(pair, index);
      }
      cell[row] = index;
    }
  }

  #notAFeature(name: string, row: number): SpatileError {
    const { path } = this.#table;
    const { feature } = this.#columns;
    const found =
      name === '' ? `is empty in row ${row + 1}` : `holds more than ${MAX_FEATURES} different names`;
    return new SpatileError(
      'COLUMN_TYPE',
      `${path}: column "${feature}" ${found}; expected the name of a gene or control in every row; name another column`,
      { fields: { file: path, column: feature, row } },
    );
  }
}

/** A boolean as Parquet, CSV writers and R spell it; null for anything else. */
function parseFlag(text: string): boolean | null {
  if (/^(true|t|1|1\.0|yes)$/i.test(text)) return true;
  return /^(false|f|0|0\.0|no)$/i.test(text) ? false : null;
}
