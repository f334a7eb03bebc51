import { UnaskedError } from '../contract.ts';

/** What broke first among the engines of one appliance; whatever is asked afterwards counts no more. */
export interface EngineFailure {
  report(text: string): void;
  /** Throws an UnaskedError of one line once something broke. */
  check(): void;
}

/** An appliance whose engines are whole. */
export const createEngineFailure = (): EngineFailure => {
  let broken: string | null = null;
  return {
    report(text) {
      broken ??= text;
    },
    check() {
      if (broken !== null) throw new UnaskedError(broken);
    },
  };
};
