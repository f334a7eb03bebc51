/** Names of the elements of a phone's screens; one name for one element, whatever the application calls it. */

/** Without these a phone can neither enrol nor call. */
export const neededNames = [
  'screen-enrol',
  'enrol-number',
  'enrol-password',
  'request-token',
  'enrol-token',
  'complete-enrolment',
  'screen-unlock',
  'unlock-password',
  'unlock',
  'screen-dial',
  'dial-number',
  'dial',
  'screen-calling',
  'screen-incoming',
  'answer',
  'decline',
  'screen-in-call',
  'hang-up',
] as const;

/** Each of these gives something more: a capability, a reason, or a value for the evidence. */
export const furtherNames = [
  'password-strength',
  'own-number',
  'registration-state',
  'open-log',
  'call-peer',
  'call-duration',
  'local-identifier',
  'peer-identifier',
  'chain-verdict',
  'name-verdict',
  'mute',
  'hold',
  'call-held',
  'screen-ended',
  'end-reason',
  'close-ended',
  'screen-log',
  'call-log',
  'log-entry',
  'close-log',
  'screen-revoked',
  'revoked-message',
  'error-message',
] as const;

/** A name of an element. */
export type ElementName = (typeof neededNames)[number] | (typeof furtherNames)[number];

const all: ReadonlySet<string> = new Set([...neededNames, ...furtherNames]);

/** Whether a word is an element's name. */
export const isElementName = (word: string): word is ElementName => all.has(word);
