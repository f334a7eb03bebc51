import type { CallReport, Identifiers } from '../../contract.ts';
import { stepLimit } from './error.ts';
import type { Screen } from './screen.ts';

/** As target 5.2 has it on screen: groups of four hexadecimal digits; null where something else is shown. */
export const identifierIn = (shown: string | null): string | null => {
  if (shown === null) return null;
  const digits = shown.toLowerCase().replaceAll(/[\s:-]/g, '');
  return /^([0-9a-f]{4})+$/.test(digits) ? digits.replaceAll(/.{4}(?=.)/g, '$& ') : null;
};

/** Seconds in a duration such as 00:07 or 1:02:03; null where it is none. */
export const secondsIn = (shown: string | null): number | null =>
  shown !== null && /^\d{1,3}(:\d{2}){1,2}$/.test(shown)
    ? shown.split(':').reduce((total, part) => total * 60 + Number(part), 0)
    : null;

const holders = ['none', 'local', 'remote', 'both'] as const;

/** The screen of a call under way. */
export const inCallScreen = (screen: Screen) => {
  const held = async (): Promise<CallReport['held']> => {
    const shown = screen.has('call-held') ? await screen.value('call-held') : null;
    return holders.find((each) => each === shown) ?? 'none';
  };
  const holdUntil = async (wanted: (now: CallReport['held']) => boolean): Promise<void> => {
    await screen.tap('hold');
    const ends = performance.now() + stepLimit;
    while (!wanted(await held()))
      if (performance.now() > ends) throw new Error(`the screen does not show that it was done`);
  };
  return {
    held,
    hold: () => holdUntil((now) => now === 'local' || now === 'both'),
    resume: () => holdUntil((now) => now === 'none' || now === 'remote'),
    /** What is shown of both keys; null while either is missing. */
    async identifiers(): Promise<Identifiers | null> {
      if (!screen.has('local-identifier') || !screen.has('peer-identifier')) return null;
      const local = identifierIn(await screen.value('local-identifier'));
      const peer = identifierIn(await screen.value('peer-identifier'));
      return local === null || peer === null ? null : { local, peer };
    },
    seconds: async () => secondsIn(await screen.value('call-duration')),
    hangUp: () => screen.tap('hang-up'),
  };
};
