import type { ImageMethod } from './method.ts';
import { watershed } from './watershed/watershed.ts';

/** Every image method, by name; its settings are those of the tile's `MethodCall`. A method adds its entry here. */
export const imageMethods: Readonly<Record<string, ImageMethod<never>>> = { watershed };
