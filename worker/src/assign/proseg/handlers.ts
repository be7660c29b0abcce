import type { Handler } from '../../handler.ts';

export const prosegHandlers: Readonly<Record<string, Handler>> = {};
