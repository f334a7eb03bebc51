import { err } from '../../core/result.ts';

/** Why an enrolment or renewal was refused; the codes are part of the service's answers. */
export type EnrolmentRefusalCode =
  | 'enrolment/number'
  | 'enrolment/request'
  | 'enrolment/request-algorithm'
  | 'enrolment/request-key'
  | 'enrolment/key-weak'
  | 'enrolment/key-known'
  | 'enrolment/proof-of-possession'
  | 'enrolment/common-name'
  | 'enrolment/too-many-requests'
  | 'enrolment/message-not-sent'
  | 'enrolment/unknown'
  | 'enrolment/token-expired'
  | 'enrolment/token-dead'
  | 'enrolment/token-wrong'
  | 'renewal/refused';

export interface EnrolmentRefusal {
  readonly code: EnrolmentRefusalCode;
  /** One line for a person; never a secret. */
  readonly message: string;
}

/** A refusal as a result. */
export const refuse = (
  code: EnrolmentRefusalCode,
  message: string,
): ReturnType<typeof err<EnrolmentRefusal>> => err({ code, message });
