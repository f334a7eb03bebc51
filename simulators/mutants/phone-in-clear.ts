import { sha256 } from '../../reference/core/primitives/hash.ts';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import {
  csl1,
  type AgreedKeys,
  type AnswerMade,
  type KeyAgreementReading,
} from '../../reference/core/csl/key-agreement.ts';
import type { SessionKeys } from '../../reference/core/csl/key-schedule.ts';
import type { ReceivedMessage } from '../../reference/core/csl/message.ts';
import { parseNumber } from '../../reference/core/csl/number.ts';
import type { LocalParty } from '../../reference/core/csl/party.ts';
import type { MasterKey } from '../../reference/core/rtp/key-derivation.ts';
import { aesCm128HmacSha1Tag80, type SrtpSuite } from '../../reference/core/rtp/srtp.ts';
import { ok } from '../../reference/core/result.ts';
import { nullCipher } from './audio-in-clear.ts';
import type { Mutant } from './mutant.ts';

const lacksHeaders = (headers: HeaderList): boolean =>
  !headers.some(([name]) => name.toLowerCase().startsWith('x-csl-'));

/** Keys of zeros stand for none. */
const noKeys = (): SessionKeys => {
  const none = () => ({ masterKey: new Uint8Array(16), masterSalt: new Uint8Array(14) });
  return { callerToCallee: none(), calleeToCaller: none() };
};

const nothingAgreed = (): AgreedKeys => ({ keys: noKeys(), answerHash: sha256(new Uint8Array()) });

/** Whom a message without headers claims to be from; a certificate there is none, so that one's own stands in. */
const claimed = (own: LocalParty, claimedNumber: string) => {
  const number = parseNumber(claimedNumber);
  return {
    peer: { certificate: own.certificate, number: number.ok ? number.value : own.number },
    displayed: { local: '', peer: '' },
  };
};

const answerInClear = (): AnswerMade => ({
  headers: [],
  underWay: { publicValue: new Uint8Array(), nonce: new Uint8Array() },
  verifyConfirmation: () => ok(nothingAgreed()),
  abandon: () => undefined,
});

/** Agrees as it should, and does without where the other side has no X-CSL headers. */
const orNothing: KeyAgreementReading = {
  name: 'CSL1, or nothing at all',
  create(checks) {
    const agreement = csl1.create(checks);
    return {
      createOffer(input) {
        const made = agreement.createOffer(input);
        if (!made.ok) return made;
        return ok({
          ...made.value,
          verifyAnswer: (received: ReceivedMessage, context) =>
            lacksHeaders(received.headers)
              ? ok({
                  ...nothingAgreed(),
                  ...claimed(input.own, input.dialled),
                  ackHeaders: [],
                })
              : made.value.verifyAnswer(received, context),
        });
      },
      verifyOffer: (received, context) =>
        lacksHeaders(received.headers)
          ? ok({
              ...claimed(context.own, received.fromUser),
              createAnswer: () => ok(answerInClear()),
            })
          : agreement.verifyOffer(received, context),
      peekCertificate: (headers) => agreement.peekCertificate(headers),
    };
  },
};

const isNone = ({ masterKey }: MasterKey): boolean => masterKey.every((byte) => byte === 0);

const clearWithoutKeys: SrtpSuite = {
  sender: (key) => (isNone(key) ? nullCipher : aesCm128HmacSha1Tag80).sender(key),
  receiver: (key) => (isNone(key) ? nullCipher : aesCm128HmacSha1Tag80).receiver(key),
};

/** Of a phone that speaks in clear with who sends no X-CSL headers. */
export const speakingInClear = { keyAgreement: orNothing, suite: clearWithoutKeys } as const;

/** Phones that would rather speak in clear than not at all. */
export const phoneInClearMutants: readonly Mutant[] = [
  {
    id: 'call-in-clear-without-headers',
    fault: 'a phone speaks in clear with one that sends no X-CSL headers',
    claims: ['2.1.e', '3.1.d', '5.1.m'],
    because: /was accepted|took the call for verified|the server understood the audio/,
    parts: { phone: speakingInClear },
  },
];
