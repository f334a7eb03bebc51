import { once, EventEmitter } from 'node:events';
import { startByHand, type SystemByHand } from '../../../../devices/reference/by-hand.ts';
import { openLoopbackSite, type LabSite } from '../../../../simulators/lab/site.ts';

/** The reference with two phones to be used through their screens. */
export interface TestSystem {
  readonly site: LabSite;
  readonly system: SystemByHand;
  /** The newest token sent to a number. */
  token(number: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it; whoever asks stops it. */
export const startTestSystem = async (areEnrolled: boolean): Promise<TestSystem> => {
  const site = await openLoopbackSite();
  const texts = new Map<string, string>();
  const arrivals = new EventEmitter<{ arrived: [] }>();
  const system = await startByHand(site, {
    phones: 2,
    areEnrolled,
    onText(number, text) {
      texts.set(number, /\b\d{6,}\b/.exec(text)?.[0] ?? '');
      arrivals.emit('arrived');
    },
    onRefusal: () => undefined,
  });
  return {
    site,
    system,
    async token(number) {
      for (;;) {
        const token = texts.get(number);
        if (token !== undefined) return token;
        await once(arrivals, 'arrived');
      }
    },
    async stop() {
      await system.stop();
      await site.close();
    },
  };
};
