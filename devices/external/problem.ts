/** A target's file that cannot be used: one line with file, line, field, reason and way out. Holds no value of the file. */
export class TargetFileError extends Error {
  override readonly name = 'TargetFileError';
}

/** A target that is described well but is not there, or not as described: one line with thing, reason and way out. */
export class TargetUnavailable extends Error {
  override readonly name = 'TargetUnavailable';
}

/** The system's code of an error, such as ENOENT; empty where it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
