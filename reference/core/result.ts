/** A refusal as a value: a stable code, and where it was found (a byte offset in the input, or -1 where no position exists). */
export interface Fault<Code extends string = string> {
  readonly code: Code;
  readonly offset: number;
  /** What was found, for a person; never a secret. */
  readonly detail?: string;
}

/** Outcome of anything that may refuse its input. Cores never throw on input. */
export type Result<Value, Failure = Fault> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

/** Wraps a value as a success. */
export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({
  ok: true,
  value,
});

/** Wraps any error as a failure. */
export const err = <Failure>(error: Failure): { readonly ok: false; readonly error: Failure } => ({
  ok: false,
  error,
});

/** A failure with a code and the offset in bytes where it was found. */
export const fault = <Code extends string>(
  code: Code,
  offset = -1,
  detail?: string,
): { readonly ok: false; readonly error: Fault<Code> } =>
  err(detail === undefined ? { code, offset } : { code, offset, detail });
