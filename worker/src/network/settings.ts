import type { ModelManifest } from '@spatile/formats/model/manifest';
import type { ModelOrigin } from '@spatile/formats/model/store';

/** What a method needs to run a network: its manifest, where it lies, and the device it runs on. */
export interface NetworkSettings<M extends ModelManifest = ModelManifest> {
  manifest: M;
  /**
   * Folder of the weights, or where each machine keeps the model of the manifest's name; the worker checks their hash before
   * it opens them.
   */
  folder: string | { kept: ModelOrigin };
  provider: 'cpu' | 'cuda';
}
