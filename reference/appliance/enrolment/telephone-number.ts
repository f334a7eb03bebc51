import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { isTelephoneNumber } from '../../core/pki/request.ts';

/** Numbers that cost whoever sends them a text, or that no person holds. */
const refusedTypes: ReadonlySet<string> = new Set([
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'VOICEMAIL',
  'UAN',
  'PAGER',
]);

const spelledOnce = (text: string): string | undefined => {
  if (!isTelephoneNumber(text)) return undefined;
  const parsed = parsePhoneNumberFromString(text);
  if (parsed === undefined || !parsed.isPossible()) return undefined;
  if (refusedTypes.has(parsed.getType() ?? '')) return undefined;
  return isTelephoneNumber(parsed.number) ? parsed.number : undefined;
};

/**
 * The one spelling of a telephone number (E.164), so that one telephone has one identity: `+330612345678` and `+33612345678` reach
 * the same one. Takes `+` and digits only; undefined for what is no possible number of its country, and for premium and shared
 * numbers. Whether a possible number is in use changes daily and is for the text message to show.
 */
export const normaliseNumber = (text: string): string | undefined => {
  const once = spelledOnce(text);
  // Some prefixes that no number has are taken off one after the other: such a text is not a spelling of anything.
  return once !== undefined && spelledOnce(once) === once ? once : undefined;
};
