/** How the ending of all calls went. */
export interface EndedCalls {
  /** Calls that were under way. */
  readonly calls: number;
  /** BYEs and CANCELs that nobody had answered at the deadline. */
  readonly unanswered: number;
}

/** Waits for farewells to be answered. */
export interface FarewellWatch {
  /** To be called after each thing that may have been an answer. */
  look(): void;
  /** Resolves with what is still awaited: 0, or more at the deadline (milliseconds from now). */
  untilAnswered(deadline: number): Promise<number>;
}

/** Watches a count of farewells that await their answer. */
export const createFarewellWatch = (awaited: () => number): FarewellWatch => {
  const waiting = new Set<() => void>();
  return {
    look() {
      if (waiting.size > 0 && awaited() === 0) for (const resolve of waiting) resolve();
    },
    async untilAnswered(deadline) {
      if (awaited() === 0) return 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, deadline);
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
      clearTimeout(timer);
      return awaited();
    },
  };
};
