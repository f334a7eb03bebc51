import { claims } from './catalogue.ts';
import type { Claim, LocalText } from './claim.ts';
import { threats, type Threat } from './threats.ts';

/** Which claims stand against a threat, by what they are in the target. */
export interface Countering {
  readonly threat: Threat;
  /** Security functions: what section 5 states. */
  readonly functions: readonly Claim[];
  /** Claims of any other kind, but for those that only state the threat the other way round. */
  readonly others: readonly Claim[];
  /** Claims that only let users notice it. */
  readonly revealedBy: readonly Claim[];
}

const isFunction = ({ section, basis }: Claim): boolean =>
  section.split('.')[0] === '5' && basis === 'stated';

/** How the claims of a catalogue stand against the target's threats. */
export const counteringOf = (of: readonly Claim[] = claims): readonly Countering[] =>
  threats.map((threat) => {
    const countering = of.filter(({ counters }) => counters.includes(threat.id));
    return {
      threat,
      functions: countering.filter(isFunction),
      others: countering.filter((claim) => !isFunction(claim) && claim.section !== threat.section),
      revealedBy: of.filter(({ reveals }) => reveals?.includes(threat.id)),
    };
  });

const list = (of: readonly Claim[]): string => of.map(({ id }) => id).join(', ');

/** What the target itself lacks against a threat; null where one of its security functions counters it. */
export const gapOf = ({ functions, others, revealedBy }: Countering): LocalText | null =>
  functions.length > 0
    ? null
    : {
        en: [
          'no security function of section 5 counters it',
          ...(others.length > 0
            ? [`what stands against it is not claimed as one: ${list(others)}`]
            : []),
          ...(revealedBy.length > 0 ? [`users may notice it: ${list(revealedBy)}`] : []),
        ].join('; '),
        fr: [
          'aucune fonction de sécurité de la section 5 ne la contre',
          ...(others.length > 0
            ? [`ce qui s’y oppose n’est pas revendiqué comme tel : ${list(others)}`]
            : []),
          ...(revealedBy.length > 0
            ? [`les utilisateurs peuvent s’en apercevoir : ${list(revealedBy)}`]
            : []),
        ].join(' ; '),
      };
