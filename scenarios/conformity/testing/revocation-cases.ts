import type { Evidence } from '../../campaign/scenario.ts';
import { withBytes, without, withoutCapture, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, warned, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  asking,
  inSteps,
  missingRevocation,
  taking,
} from '../../testing/revocation-alterations.ts';
import type { WireFacts } from '../../wire/facts-model.ts';

const atOnce = '4/revocation/at-once';
const live = '4/revocation/live-sessions';
const onWire = '4/revocation/on-the-wire';

/** One file of the activity in the place of another. */
const copied =
  (from: string, to: string): Alteration =>
  (evidence) =>
    withBytes('revocation', to, evidence.bytes('revocation', from))(evidence);

/** A file with its last byte, which is of a signature, changed. */
const forged =
  (path: string): Alteration =>
  (evidence) => {
    const bytes = Uint8Array.from(evidence.bytes('revocation', path) ?? []);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return withBytes('revocation', path, bytes)(evidence);
  };

const slowly = (
  id: string,
  what: string,
  name: Parameters<typeof taking>[0] extends Partial<Record<infer Name, unknown>> ? Name : never,
): readonly JudgeCase[] => [
  failing(id, `${what} that never comes`, /did not follow/, taking({ [name]: null })),
  failing(id, `${what} after six seconds`, /did not follow/, taking({ [name]: 6_000 })),
  undecided(
    id,
    `${what} after two seconds of which asking took up to three`,
    /asking the appliance took up to 3000 ms/,
    asking(3_000, { [name]: 2_000 }),
  ),
  undecided(
    id,
    `${what} that does not come while the administrator is being asked`,
    /asking the appliance took up to 3000 ms/,
    asking(3_000, { [name]: null }),
  ),
  failing(
    id,
    `${what} long after the administrator had been asked`,
    /did not follow/,
    asking(3_000, { [name]: 8_500 }),
  ),
  warned(id, `${what} after two seconds`, /after 2000 ms, not within/, taking({ [name]: 2_000 })),
];

const atOnceCases: readonly JudgeCase[] = [
  ...missingRevocation(atOnce),
  ...['answers.json', 'certificate.der', 'ocsp-after.der', 'list-after.der'].map((file) =>
    undecided(atOnce, `no ${file}`, /answers about revocation/, without('revocation', file)),
  ),
  ...slowly(atOnce, 'a status', 'status'),
  ...slowly(atOnce, 'a list', 'list'),
  failing(
    atOnce,
    'an administrator who is told nothing',
    /could not revoke/,
    taking({ told: null }),
  ),
  failing(
    atOnce,
    'an answer for the list that lacks the certificate',
    /the list lacks/,
    copied('list-before.der', 'list-after.der'),
  ),
  failing(
    atOnce,
    'an answer to another question',
    /OCSP does not say/,
    copied('ocsp-before.der', 'ocsp-after.der'),
  ),
  failing(atOnce, 'an answer that nobody signed', /OCSP does not say/, forged('ocsp-after.der')),
  failing(atOnce, 'a list that nobody signed', /the list lacks/, forged('list-after.der')),
  failing(
    atOnce,
    'another user without a good status',
    /took another/,
    copied('ocsp-after.der', 'ocsp-other.der'),
  ),
  undecided(
    atOnce,
    'a list before it that is forged',
    /before the revocation/,
    forged('list-before.der'),
  ),
  undecided(
    atOnce,
    'a certificate revoked before',
    /before the revocation/,
    copied('list-after.der', 'list-before.der'),
  ),
  undecided(atOnce, 'no good status before', /before the revocation/, forged('ocsp-before.der')),
  undecided(atOnce, 'no list of the root', /the list of the root/, forged('list-root.der')),
];

const liveCases: readonly JudgeCase[] = [
  ...missingRevocation(live),
  ...slowly(live, 'the end at the revoked phone', 'callEndedAtRevoked'),
  ...slowly(live, 'the end at the other phone', 'callEndedAtOther'),
  ...slowly(live, 'the end of the connection', 'connectionClosed'),
  undecided(live, 'nobody told', /was not told/, taking({ told: null })),
  undecided(
    live,
    'no call before',
    /no call to be ended/,
    inSteps((steps) => {
      const call = { heard: false, endedBy: 'sip/480' };
      return { ...steps, before: { ...steps.before, call } };
    }),
  ),
  undecided(
    live,
    'no connection before',
    /no call to be ended/,
    inSteps((steps) => ({ ...steps, before: { ...steps.before, connected: false } })),
  ),
];

const withRevocationFacts =
  (change: (facts: WireFacts) => WireFacts): Alteration =>
  (evidence: Evidence) => ({
    ...evidence,
    wire(id, segment) {
      const wire = evidence.wire(id, segment);
      if (id !== 'revocation' || wire.kind === 'missing') return wire;
      return { ...wire, facts: change(wire.facts) };
    },
  });

const withoutByes = (text: string): Alteration =>
  withRevocationFacts((facts) => ({
    ...facts,
    sipMessages: facts.sipMessages.filter(
      ({ raw }) => !new TextDecoder().decode(raw).match(new RegExp(`^BYE [^]*\nTo: [^\n]*${text}`)),
    ),
  }));

const wireCases: readonly JudgeCase[] = [
  ...missingRevocation(onWire),
  undecided(onWire, 'no certificate', /not among/, without('revocation', 'certificate.der')),
  undecided(
    onWire,
    'a capture that lost packets',
    /not all there: the capture lost 3/,
    withRevocationFacts((facts) => ({ ...facts, dropped: 3 })),
  ),
  undecided(onWire, 'no capture', /not captured/, withoutCapture('revocation')),
  undecided(onWire, 'no BYE to the revoked phone', /no BYE to/, withoutByes('33639980002')),
  undecided(onWire, 'no BYE to the other phone', /no BYE to/, withoutByes('33639980001')),
  undecided(
    onWire,
    'sessions that cannot be read',
    /can be read/,
    withRevocationFacts((facts) => ({
      ...facts,
      tlsSessions: facts.tlsSessions.map((session) => ({ ...session, decrypted: 'no-key' })),
    })),
  ),
  failing(
    onWire,
    'a session that goes on',
    /SIP passed in a session/,
    // The release a minute later, and every message half a minute after the revocation.
    async (evidence) => {
      let revokedAt = 0;
      const later = await inSteps((steps) => {
        ({ revokedAt } = steps);
        return { ...steps, releasedAt: revokedAt + 60_000 };
      })(evidence);
      return withRevocationFacts((facts) => ({
        ...facts,
        sipMessages: facts.sipMessages.map((entry) => ({ ...entry, at: revokedAt + 30_000 })),
      }))(later);
    },
  ),
];

/** What a revocation can come to. */
export const revocationCases: readonly JudgeCase[] = [...atOnceCases, ...liveCases, ...wireCases];
