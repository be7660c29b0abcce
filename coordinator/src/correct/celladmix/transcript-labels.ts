import type { LabelledBatch, TranscriptLabels } from '@spatile/formats/spatialdata/labelled-points';
import { NO_FACTOR } from '@spatile/formats/tile/celladmix';
import { type Block, blocksOf } from '../blocks.ts';
import type { CellTranscripts } from '../transcripts/source.ts';
import { factorName } from './annotations.ts';
import type { SlideLabels } from './label.ts';
import type { Admixture } from './remove.ts';

/** Points beside `transcripts`. */
const ELEMENT = 'transcripts_celladmix';
/** What the factor of a transcript without a label is called. */
const NONE = 'none';

/** Factor of every transcript of a gene in a cell, and whether it is admixture, read block by block when it is written. */
export function transcriptLabels(
  cells: number,
  transcripts: CellTranscripts,
  labels: SlideLabels,
  admixture: Admixture,
): TranscriptLabels {
  const categories = [NONE, ...Array.from({ length: labels.factors }, (_, f) => factorName(f))];
  return {
    name: ELEMENT,
    hasZ: transcripts.hasZ,
    columns: [
      { name: 'factor', kind: 'text', categories },
      { name: 'admixture', kind: 'bool' },
    ],
    async *batches() {
      for (const block of blocksOf(cells)) yield labelled(block, transcripts, labels, admixture);
    },
  };
}

async function labelled(
  block: Block,
  transcripts: CellTranscripts,
  labels: SlideLabels,
  admixture: Admixture,
): Promise<LabelledBatch> {
  const { length, gene, x, y, z, id } = await transcripts.ofBlock(block);
  const factors = await labels.ofBlock(block);
  const cell = new Uint32Array(gene.length);
  const factor = new Uint32Array(gene.length);
  const foreign = new Uint8Array(gene.length);
  let at = 0;
  length.forEach((n, c) => {
    cell.fill(block.from + c, at, at + n);
    for (const end = at + n; at < end; at++) {
      factor[at] = factors[at] === NO_FACTOR ? 0 : factors[at] + 1;
      foreign[at] = admixture.isForeign(block.from + c, factors[at]) ? 1 : 0;
    }
  });
  return {
    ...{ x, y, z: transcripts.hasZ ? z : null, feature: gene, transcriptId: id, cell },
    values: { factor, admixture: foreign },
  };
}
