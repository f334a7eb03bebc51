import { toHex } from '../../reference/core/bytes.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import { csl1, type KeyAgreementReading } from '../../reference/core/csl/key-agreement.ts';
import type { CslRefusal } from '../../reference/core/csl/refusal.ts';
import type { PhoneParts } from '../../reference/client/parts.ts';
import type { Mutant } from './mutant.ts';
import { saying } from './phone-stream.ts';

const calleeWithout = (code: CslRefusal) => ({
  phone: { offerChecks: offerChecks.filter((check) => check.code !== code) },
});

/** What was verified once counts from then on, in whatever call. */
const takingEarlier = (): PhoneParts['offerChecks'] => {
  const verified = new Set<string>();
  return offerChecks.flatMap((each) => {
    if (each.code === 'replay') return [];
    if (each.code !== 'signature') return [each];
    const check: typeof each.check = (subject) => {
      const signature = toHex(subject.message.info2?.signature ?? new Uint8Array());
      if (verified.has(signature)) return true;
      const isRight = each.check(subject);
      if (isRight) verified.add(signature);
      return isRight;
    };
    return [{ ...each, check }];
  });
};

const callIdOf = (text: string): string => /\r\nCall-ID: *(\S+)/i.exec(text)?.[1] ?? '';

const assertedIn = /\r\nP-Asserted-Identity: *<sip:(\+\d+)@/i;
const fromIn = /\r\nFrom:[^\r]*?sip:(\+\d+)@/i;

/** Exchanges two numbers of one length in From and To. */
const inAddresses = (text: string, is: string, becomes: string): string =>
  text.replaceAll(/\r\n(?:From|To):[^\r]*/gi, (line) => line.replace(`:${is}@`, `:${becomes}@`));

/** Shows the caller that P-Asserted-Identity names; what is verified is the one of From. */
const assertedIdentity = (): Pick<PhoneParts, 'connectTls' | 'keyAgreement'> => {
  const claims = new Map<string, { readonly from: string; readonly asserted: string }>();
  const keyAgreement: KeyAgreementReading = {
    name: `${csl1.name}, callers shown by P-Asserted-Identity`,
    create(checks) {
      const right = csl1.create(checks);
      return {
        ...right,
        verifyOffer: (received, context) =>
          right.verifyOffer(
            { ...received, fromUser: claims.get(received.callId)?.from ?? received.fromUser },
            context,
          ),
      };
    },
  };
  const connectTls = saying(() => ({
    inward(text) {
      const [asserted, from] = [assertedIn, fromIn].map((form) => form.exec(text)?.[1]);
      if (text.startsWith('INVITE ') && asserted?.length === from?.length && asserted && from)
        claims.set(callIdOf(text), { from, asserted });
      const claim = claims.get(callIdOf(text));
      return claim ? inAddresses(text, claim.from, claim.asserted) : text;
    },
    outward(text) {
      const claim = claims.get(callIdOf(text));
      return claim ? inAddresses(text, claim.asserted, claim.from) : text;
    },
  }));
  return { connectTls, keyAgreement };
};

/** Phones that take headers of an INVITE for what they are not. */
export const calleeHeaderMutants: readonly Mutant[] = [
  {
    id: 'asserted-identity-shown',
    fault: 'a phone shows the caller that P-Asserted-Identity names',
    claims: ['5.2.d', '2.2.c'],
    because: /who is not the certificate's owner \("asserted-identity"\)/,
    parts: { phone: assertedIdentity() },
  },
  {
    id: 'callee-takes-repeated-headers',
    fault: 'the callee takes the first of two X-CSL headers of one name',
    claims: ['5.2.d'],
    because: /X-CSL headers in the form "repeated" were taken/,
    parts: calleeWithout('headers-repeated'),
  },
  {
    id: 'callee-takes-further-headers',
    fault: 'the callee overlooks X-CSL headers that it does not know',
    claims: ['5.2.d'],
    because: /X-CSL headers in the form "further-header" were taken/,
    parts: calleeWithout('headers-unknown'),
  },
  {
    id: 'callee-takes-earlier-headers',
    fault: 'the callee takes the X-CSL headers of an earlier call again',
    claims: ['5.2.d', '5.1.j'],
    because: /with the X-CSL headers of an earlier one/,
    parts: { phone: { offerChecks: takingEarlier() } },
  },
];
