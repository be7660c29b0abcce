import type { CorrectConfig, CorrectMethodName, RunConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import type { CountedCells } from '@spatile/formats/tile/correct';
import type { RoundRunner } from '../run/rounds.ts';
import type { Corrections } from './annotations.ts';
import type { Block } from './blocks.ts';
import type { CountTable } from './counts/table.ts';
import type { SlideTypes } from './rctd/cell-types.ts';
import type { ReadScores } from './rctd/scores.ts';
import type { CellTranscripts } from './transcripts/source.ts';

/** What a method of the correct stage works on. */
export interface CorrectStage {
  config: RunConfig;
  table: CountTable;
  /** Null when no method of the configuration takes one. */
  reference: ReferenceProfiles | null;
  /** Null when no method of the configuration takes them. */
  transcripts: CellTranscripts | null;
  /** Whether the table has `counts_corrected` already, which stay; absent at the end of a run. */
  isCorrected?: boolean;
  /** Rounds are called `correct-<method>-<step>`; what is committed of them is not done again. */
  runner: RoundRunner;
}

/** Cell types by the methods that ran before. */
export interface NamedTypes {
  names: readonly string[];
  typed: SlideTypes;
  scores: ReadScores;
}

/** What the methods that ran before say to those after them. */
export interface SoFar {
  types: NamedTypes | null;
}

/** Corrected counts, read block by block when they are judged and written. */
export interface MethodCounts {
  /** Whether cells also received counts of others (`CountedCells.received`): a third layer. */
  reassigned: boolean;
  /** Of every entry of the block what stays, 0 <= corrected <= count, exact in 32 bits together with what goes. */
  read(block: Block): Promise<CountedCells>;
}

/** What a method made. */
export interface MethodResult {
  /** Columns, arrays, provenance; layers beside those that `counts` becomes. */
  added: Corrections;
  types: NamedTypes | null;
  counts: MethodCounts | null;
}

/**
 * A method of the correct stage. It fits what concerns the whole slide once and freezes it (a round of one or few tasks),
 * applies it block by block (a round of many), and puts the results together.
 */
export interface CorrectMethod {
  name: CorrectMethodName;
  takes: {
    reference: boolean;
    /** Transcripts with their places, not counts alone. */
    transcripts: boolean;
  };
  /** Errors: `CONFIG_INVALID` when the methods before it or its settings do not do. */
  check(config: CorrectConfig): void;
  /** Errors: those of the rounds. */
  run(stage: CorrectStage, before: SoFar): Promise<MethodResult>;
}
