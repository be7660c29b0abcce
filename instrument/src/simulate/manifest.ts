import { regionName } from './metrics-summary.ts';
import type { Settings } from './options.ts';
import type { Panel } from './panel.ts';

/** Microns per pixel of Xenium images. */
export const PIXEL_SIZE_UM = 0.2125;

/** Content of `experiment.xenium`. */
export function experimentJson(
  settings: Settings,
  vendorCells: number,
  images: boolean,
): Record<string, unknown> {
  return {
    major_version: 5,
    minor_version: 0,
    patch_version: 0,
    run_name: 'simulated by spatile',
    region_name: regionName(settings),
    preservation_method: 'simulated',
    num_cells: vendorCells,
    panel_name: `simulated panel of ${settings.genes} genes`,
    panel_num_targets_predesigned: settings.genes,
    panel_num_targets_custom: 0,
    pixel_size: PIXEL_SIZE_UM,
    z_step_size: 3.0,
    instrument_sw_version: '3.0.0.0',
    analysis_sw_version: 'xenium-3.0.0.0',
    segmentation_stain: images ? 'Xenium Multi-Tissue Stain' : '',
    images: images ? { morphology_focus_filepath: 'morphology_focus/morphology_focus_0000.ome.tif' } : {},
  };
}

/** What stands for an Ensembl id; controls go by their name. */
export function featureId(panel: Panel, feature: number): string {
  return feature < panel.genes ? `SIM${String(feature + 1).padStart(11, '0')}` : panel.names[feature];
}

/** Content of `gene_panel.json`, as far as readers look at it: targets with names and kinds. */
export function genePanelJson(panel: Panel): Record<string, unknown> {
  const targets = panel.names.map((name, i) => ({
    type: {
      data: i < panel.genes ? { name, id: featureId(panel, i) } : { name },
      descriptor: i < panel.genes ? 'gene' : panel.categories[i],
    },
    codewords: [i],
  }));
  return {
    payload: { chemistry: { name: 'simulated' }, panel: { identity: { name: 'simulated' } }, targets },
  };
}
