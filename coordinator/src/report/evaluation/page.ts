import { amount } from '../../cli/format.ts';
import { VERSION } from '../../version.ts';
import { document } from '../document.ts';
import { html } from '../html.ts';
import type { Section } from '../parts.ts';
import { gatherCloseViews } from './close/gather.ts';
import { findingsOf } from './findings.ts';
import type { EvaluationReportInputs } from './inputs.ts';
import { type JudgedInput, judgedOf } from './judged.ts';
import { areaSection } from './sections/area.ts';
import { barsSection } from './sections/bars.ts';
import { bordersSection } from './sections/borders.ts';
import { cellsSection } from './sections/cells.ts';
import { closeSection } from './sections/close.ts';
import { countedSection } from './sections/counted.ts';
import { markersSection } from './sections/markers.ts';
import { provenanceSection } from './sections/provenance.ts';
import { scoresSection } from './sections/scores.ts';
import { typesSection } from './sections/types.ts';
import { EVALUATION_STYLE } from './style.ts';

/** The whole page of an evaluation. Errors: those of what it streams for the close views. */
export async function renderEvaluation(inputs: EvaluationReportInputs): Promise<string> {
  const judged = judgedOf(inputs);
  const close = await gatherCloseViews(inputs);
  const sections = [
    ...(judged.length > 0 ? await judgedSections(judged, close) : []),
    ...countedSections(inputs),
    provenanceSection(inputs),
  ].filter((section) => section !== null);
  const { slide, truth, results } = inputs;
  return document({
    title: `${slide}: spatile evaluation`,
    style: EVALUATION_STYLE,
    heading: slide,
    about: `${amount(results.length, 'results')} ${truth === null ? 'without truth' : 'judged against the truth'}; spatile ${VERSION}`,
    lead: null,
    sections,
  }).text;
}

async function judgedSections(
  judged: readonly JudgedInput[],
  close: Awaited<ReturnType<typeof gatherCloseViews>>,
): Promise<(Section | null)[]> {
  const markers = judged.flatMap(({ name, detail: { coexpression } }) =>
    coexpression === null ? [] : [{ name, markers: coexpression.result }],
  );
  return [
    {
      id: 'findings',
      title: 'What the numbers say',
      body: html`<ul class="findings">${findingsOf(judged).map((said) => html`<li>${said}</li>`)}</ul>`,
    },
    scoresSection(judged),
    barsSection(judged),
    bordersSection(judged),
    await areaSection(judged, close),
    closeSection(close),
    cellsSection(judged),
    typesSection(judged),
    markersSection(markers, judged[0].detail.coexpression?.truth ?? null),
  ];
}

function countedSections({ results }: EvaluationReportInputs): (Section | null)[] {
  const counted = results.flatMap(({ name, counted }) => (counted === null ? [] : [{ name, counted }]));
  if (counted.length === 0) return [];
  const markers = counted.flatMap(({ name, counted: { markers } }) =>
    markers === null ? [] : [{ name, markers }],
  );
  return [countedSection(counted), markersSection(markers, null)];
}
