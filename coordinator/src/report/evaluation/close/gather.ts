import type { EvaluationReportInputs } from '../inputs.ts';
import { judgedOf } from '../judged.ts';
import { f1OfFullSquares } from '../squares.ts';
import { outlinesIn, trueOutlines } from './outlines.ts';
import { cellsPut, type PlacedTranscripts, transcriptsIn } from './transcripts.ts';
import { type CloseView, closeView } from './view.ts';
import { type CloseWindow, chooseWindows } from './windows.ts';

export interface CloseViews {
  places: PlacedTranscripts['places'];
  windows: (CloseWindow & { views: { name: string; f1: number; hasOutlines: boolean; view: CloseView }[] })[];
}

/** Views beside each other, so that the last row is as full as can be. */
export const viewsInRow = (results: number): 2 | 3 => (results === 3 || results > 4 ? 3 : 2);

/**
 * The close views of all results, drawn after one pass over the truth, one over the bundle and two over each result. Null
 * without truth, or where no square has enough transcripts.
 */
export async function gatherCloseViews(inputs: EvaluationReportInputs): Promise<CloseViews | null> {
  const { truth, bundle } = inputs;
  const results = judgedOf(inputs);
  if (truth === null || results.length === 0) return null;
  const grids = results.map(({ detail }) => detail.grid);
  const [{ x0, y0, binUm, columns, rows }] = grids;
  const windows = chooseWindows({
    x0,
    y0,
    sizeUm: binUm,
    columns,
    rows,
    f1: grids.map(f1OfFullSquares),
  });
  if (windows.length === 0) return null;
  const frames = windows.map(({ frame }) => frame);
  const minQv = Math.max(...results.map(({ evaluation }) => evaluation.minQv));
  const placed = await transcriptsIn(frames, truth, bundle, minQv);
  const truthIn = await outlinesIn(frames, trueOutlines(truth));
  const out: CloseViews = {
    places: placed.places,
    windows: windows.map((window) => ({ ...window, views: [] })),
  };
  for (const [nth, { name, result, detail }] of results.entries()) {
    const put = await cellsPut(result.assignments(), placed);
    const outlines = result.outlines === null ? null : await outlinesIn(frames, result.outlines());
    windows.forEach(({ id, frame, square }, k) => {
      const view = closeView({
        name,
        frame,
        placed,
        put,
        match: detail.cells.match,
        trueOutlines: truthIn[k],
        truthId: `truth-${id}`,
        drawsTruth: nth === 0,
        inRow: viewsInRow(results.length),
        outlines: outlines?.[k] ?? null,
      });
      out.windows[k].views.push({ name, f1: detail.grid.f1[square], hasOutlines: outlines !== null, view });
    });
  }
  return out;
}
