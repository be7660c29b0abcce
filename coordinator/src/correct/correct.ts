import { type Corrections, joined } from './annotations.ts';
import { correctedCounts, countAnnotations } from './counts/layers.ts';
import type { CorrectStage, MethodResult, SoFar } from './method.ts';
import { methodsOf } from './methods.ts';
import { MarkerMixing, markedTypes } from './mixing.ts';

/**
 * Corrects the counts of a slide by the methods of its configuration, one after the other. Every method that corrects counts
 * goes by the observed ones; those of the last are `counts_corrected`, unless the table has these, those of the others
 * `<method>_corrected`. Nothing of the table is changed.
 * Errors: those of the methods.
 */
export async function runCorrect(stage: CorrectStage): Promise<Corrections> {
  const methods = methodsOf(stage.config.correct);
  const results: MethodResult[] = [];
  const before: SoFar = { types: null };
  for (const method of methods) {
    const result = await method.run(stage, { ...before });
    before.types = result.types ?? before.types;
    results.push(result);
  }
  const last = results.findLastIndex(({ counts }) => counts !== null);
  const parts: Corrections[] = [];
  for (const [i, { added, counts }] of results.entries()) {
    parts.push(added);
    if (counts === null) continue;
    const { name } = methods[i];
    const mixing = mixingOf(stage, before);
    const corrected = await correctedCounts(stage.table, counts, mixing);
    parts.push(
      countAnnotations(name, i === last && stage.isCorrected !== true ? 'counts' : name, corrected, mixing),
    );
  }
  return joined(parts);
}

/** Tells how types mix in cells, where both types and a reference that tells their markers are there. */
function mixingOf({ reference, table }: CorrectStage, { types }: SoFar): MarkerMixing | null {
  if (types === null || types.names !== reference?.types) return null;
  return new MarkerMixing(types, markedTypes(reference, table.geneNames.length));
}
