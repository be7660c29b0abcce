import type { ModelManifest } from '@spatile/formats/model/manifest';

/** What a method needs to run a network: its manifest, the folder it lies in, and the device it runs on. */
export interface NetworkSettings<M extends ModelManifest = ModelManifest> {
  manifest: M;
  /** Folder of the weights; the worker checks their hash before it opens them. */
  folder: string;
  provider: 'cpu' | 'cuda';
}
