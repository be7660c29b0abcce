import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { Encoded } from '@spatile/formats/tile/resolvi';
import { type Corrections, categorical, float32, settingsOf } from '../annotations.ts';
import type { ResolviSlide } from './slide.ts';
import type { Learned } from './training.ts';

const SHARES = ['resolvi_true', 'resolvi_diffusion', 'resolvi_background'] as const;

/** Columns, arrays and provenance of ResolVI's result; NaN for cells that were left out. */
export function resolviAnnotations(
  { resolvi }: CorrectConfig,
  { size, priors, labels, place, trained, rows }: ResolviSlide,
  { loss, steps }: Learned,
  encoded: Encoded,
): Corrections {
  const known = (values: Float32Array, columns: number): Float32Array =>
    values.map((value, i) => (place[Math.floor(i / columns)] < 0 ? Number.NaN : value));
  const share = (part: number): Float32Array =>
    Float32Array.from(place, (at, row) => {
      const [a, b, c] = encoded.shares.subarray(row * 3, row * 3 + 3);
      return at < 0 ? Number.NaN : [a, b, c][part] / (a + b + c);
    });
  const obsm: Corrections['obsm'] = {
    resolvi_latent: { data: known(encoded.state, size.latent), columns: size.latent },
  };
  const obs = SHARES.map((name, part) => float32(name, share(part)));
  if (labels === null) return { obs, obsm, uns: { resolvi: facts() }, layers: {}, warnings: [] };
  const chances = known(encoded.labels, size.components);
  const best = Int32Array.from(place, (at, row) => {
    if (at < 0) return -1;
    const own = encoded.labels.subarray(row * size.components, (row + 1) * size.components);
    return own.indexOf(own.reduce((a, b) => Math.max(a, b), 0));
  });
  const certainty = Float32Array.from(best, (label, row) =>
    label < 0 ? Number.NaN : encoded.labels[row * size.components + label],
  );
  return {
    obs: [
      ...obs,
      categorical('resolvi_label', best, labels.names),
      float32('resolvi_label_chance', certainty),
      categorical('resolvi_learned_label', labels.label, labels.names),
    ],
    obsm: { ...obsm, resolvi_labels: { data: chances, columns: size.components } },
    uns: { resolvi: { ...facts(), labels: [...labels.names] } },
    layers: {},
    warnings: [],
  };

  function facts() {
    return {
      settings: settingsOf(resolvi),
      priors: { ...priors },
      cells: rows.length,
      trained_cells: trained.length,
      steps,
      loss: Array.from(loss),
    };
  }
}
