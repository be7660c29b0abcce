import type { AssignStage } from '../../assign/stage.ts';
import type { TranscriptBatch, TranscriptSource } from './source.ts';

/** Transcripts of the settled tiles of a run, as its output will hold them. */
export function transcriptsOfRun(
  { slide, regions, states }: Pick<AssignStage, 'slide' | 'regions' | 'states'>,
  kept: Uint32Array,
): TranscriptSource {
  return {
    hasZ: slide.scan.hasZ,
    async *batches(): AsyncGenerator<TranscriptBatch> {
      const rowOf = new Int32Array(slide.cells.priorId.length + 1).fill(-1);
      kept.forEach((cell, i) => {
        rowOf[cell] = i;
      });
      for (let tile = 0; tile < slide.plan.tiles.length; tile++) {
        const verdicts = (await states.read(tile))?.state.verdicts;
        if (verdicts === undefined) continue;
        const { x, y, z, feature, transcript_id: id } = await regions.partition(tile);
        yield {
          row: Int32Array.from(verdicts.cell, (cell) => rowOf[cell]),
          gene: Int32Array.from(feature, (code) => (code < slide.features.genes ? code : -1)),
          x,
          y,
          z: slide.scan.hasZ ? z : new Float32Array(x.length),
          id,
        };
      }
    },
  };
}
