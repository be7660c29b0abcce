import manifest from '../../package.json' with { type: 'json' };

/** Version of spatile, as in package.json; stored in outputs. */
export const VERSION: string = manifest.version;
