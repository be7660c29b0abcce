import type { RunConfig } from './schema.ts';

/**
 * What the text of a setting stands for: `file` is a path, `inBundle` a path that starts at the bundle, `model` the name of
 * a network or the path of its folder.
 */
export type PathKind = 'file' | 'inBundle' | 'model';

/** All settings that name files, by their dotted paths. */
export const PATH_SETTINGS: Readonly<Record<string, PathKind>> = {
  'input.columns.path': 'inBundle',
  'prior.file': 'file',
  'segment.model': 'model',
  'segment.boundaryModel': 'model',
  'segment.image': 'file',
  'correct.reference.file': 'file',
  'correct.reference.labelFile': 'file',
};

type Section = Record<string, unknown>;

/** The files that a configuration names, in the order of `PATH_SETTINGS`. */
export function pathsNamed(config: RunConfig): { setting: string; kind: PathKind; path: string }[] {
  return Object.entries(PATH_SETTINGS).flatMap(([setting, kind]) => {
    const [section, key] = placeOf(config as unknown as Section, setting);
    const path = section[key];
    return typeof path === 'string' ? [{ setting, kind, path }] : [];
  });
}

/** A copy of a configuration in which `change` has replaced every path. */
export function withPaths(config: RunConfig, change: (path: string, setting: string) => string): RunConfig {
  const copy = structuredClone(config);
  for (const { setting, path } of pathsNamed(config)) {
    const [section, key] = placeOf(copy as unknown as Section, setting);
    section[key] = change(path, setting);
  }
  return copy;
}

/** The section that holds a setting, and the setting's key in it. */
function placeOf(config: Section, setting: string): [Section, string] {
  const keys = setting.split('.');
  const key = keys.pop() as string;
  return [keys.reduce((section, name) => section[name] as Section, config), key];
}
