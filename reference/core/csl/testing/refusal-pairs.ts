import type { OfferContext } from '../offer.ts';
import type { CslRefusal } from '../refusal.ts';
import type { Altered } from './altered.ts';
import { bothKinds } from './common-cases.ts';
import { offersOnly } from './refusal-cases.ts';

/** The codes of INVITE and 200 in the order of their checks (interpretations I-2), an ACK's being among them. */
export const checkOrder: readonly string[] =
  'headers-absent headers-repeated headers-unknown headers-folded headers-joined base64 value-length info1-length info1-version group info2-length info2-version info2-parts media time replay public-value-range public-value-residue reflection from-chain certificate-form key common-name key-identifier identity dialog-certificate issuer validity signature memory-full revoked revocation-unavailable tag'.split(
    ' ',
  );

const parts = (fault: object = {}): readonly string[] =>
  Object.keys(fault).map((key) => (key === 'der' ? 'certificate' : key));

const independent = (left?: object, right?: object): boolean =>
  parts(left).every((key) => !parts(right).includes(key));

/** Every two faults of an INVITE that can be combined, the one that is named first. */
export const offerPairs = (): readonly (readonly [
  Altered<OfferContext>,
  Altered<OfferContext>,
])[] => {
  const all: readonly Altered<OfferContext>[] = [...bothKinds, ...offersOnly].filter(
    ({ change, alone }) => !alone && !change?.headers,
  );
  const isBefore = (first: CslRefusal, second: CslRefusal): boolean =>
    checkOrder.indexOf(first) < checkOrder.indexOf(second);
  return all.flatMap((first) =>
    all
      .filter(
        (second) =>
          isBefore(first.code, second.code) &&
          independent(first.change, second.change) &&
          independent(first.context, second.context),
      )
      .map((second) => [first, second] as const),
  );
};
