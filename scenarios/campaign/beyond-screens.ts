/** Claims of what a phone itself is, makes and stores. */
const claimsOfTheDevice = /^(?:2\.3\.2\.a|2\.3\.c|2\.2\.a|3\.1\.[a-z]|5\.3\.[a-z])$/;

/** Why a target whose phones are screens of clients that run elsewhere gives no evidence for a claim, whatever a judge saw; null where it may. */
export const beyondScreens = (
  claim: string,
  capabilities: readonly string[] | undefined,
): string | null =>
  capabilities?.includes('client-elsewhere') === true && claimsOfTheDevice.test(claim)
    ? 'the client of a phone runs elsewhere: its screen is no evidence for what a phone itself makes, stores and is'
    : null;
