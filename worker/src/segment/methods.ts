import { cellpose } from './cellpose/cellpose.ts';
import { cellsam } from './cellsam/cellsam.ts';
import type { ImageMethod } from './method.ts';
import { stardist } from './stardist/stardist.ts';
import { unet } from './unet/unet.ts';
import { watershed } from './watershed/watershed.ts';

/** Every image method, by name; its settings are those of the tile's `MethodCall`. A method adds its entry here. */
export const imageMethods: Readonly<Record<string, ImageMethod<never>>> = {
  watershed,
  stardist,
  cellpose,
  cellsam,
  unet,
};
