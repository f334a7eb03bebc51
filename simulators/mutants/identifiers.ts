import { displayedIdentifier } from '../../reference/core/csl/identifier.ts';
import type { KeyAgreementReading, VerifiedPeer } from '../../reference/core/csl/key-agreement.ts';
import { csl1 } from '../../reference/core/csl/key-agreement.ts';
import type { DisplayedIdentifiers } from '../../reference/core/csl/offer.ts';
import { utf8 } from '../../reference/core/bytes.ts';
import { sha256 } from '../../reference/core/primitives/hash.ts';
import { ok } from '../../reference/core/result.ts';
import type { Mutant } from './mutant.ts';

/** Other identifiers on the screen, of those that should be there and of the peer. */
type Displaying = (right: DisplayedIdentifiers, peer: VerifiedPeer) => DisplayedIdentifiers;

const displaying = (show: Displaying): KeyAgreementReading => ({
  name: `${csl1.name}, shown otherwise`,
  create(checks) {
    const agreement = csl1.create(checks);
    return {
      ...agreement,
      createOffer(input) {
        const made = agreement.createOffer(input);
        if (!made.ok) return made;
        return ok({
          ...made.value,
          verifyAnswer(message, context) {
            const verified = made.value.verifyAnswer(message, context);
            if (!verified.ok) return verified;
            const { displayed, peer } = verified.value;
            return ok({ ...verified.value, displayed: show(displayed, peer) });
          },
        });
      },
      verifyOffer(message, context) {
        const verified = agreement.verifyOffer(message, context);
        if (!verified.ok) return verified;
        const { displayed, peer } = verified.value;
        return ok({ ...verified.value, displayed: show(displayed, peer) });
      },
    };
  },
});

const mutant = (id: string, fault: string, because: RegExp, show: Displaying): Mutant => ({
  id,
  fault,
  claims: ['5.2.e'],
  because,
  parts: { phone: { keyAgreement: displaying(show) } },
});

const others =
  /shows other identifiers|the screen shows other users|another key is shown as the callee’s/;

/** Twenty digits in groups of four: eight bytes. */
const half = (identifier: string): string => identifier.slice(0, 19);

/** Phones that show other identifiers than they should. */
export const identifierMutants: readonly Mutant[] = [
  mutant('identifiers-swapped', 'Local and Peer are swapped', others, ({ local, peer }) => ({
    local: peer,
    peer: local,
  })),
  mutant('identifiers-of-8-bytes', 'identifiers of 8 bytes are shown', others, (right) => ({
    local: half(right.local),
    peer: half(right.peer),
  })),
  mutant(
    'identifier-of-certificate',
    'the hash of the peer’s certificate is shown, not that of its key',
    others,
    ({ local }, { certificate }) => ({ local, peer: displayedIdentifier(sha256(certificate.der)) }),
  ),
  mutant(
    'identifier-of-number',
    'the hash of the peer’s number is shown: another key looks the same',
    others,
    ({ local }, { number }) => ({ local, peer: displayedIdentifier(sha256(utf8(number))) }),
  ),
  mutant('identifiers-in-capitals', 'identifiers are shown in capitals', others, (right) => ({
    local: right.local.toUpperCase(),
    peer: right.peer.toUpperCase(),
  })),
];
