import packageDescription from '../package.json' with { type: 'json' };

/** Version of the package, printed in every report. */
export const version: string = packageDescription.version;
