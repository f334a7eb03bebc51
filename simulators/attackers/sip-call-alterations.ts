import {
  header,
  headersNamed,
  replaceHeader,
  withHeader,
  type SipHeader,
  type SipMessage,
  type SipRequest,
} from '../../reference/core/sip/message/message.ts';
import { latin1, fromLatin1 } from '../../reference/core/bytes.ts';

type Change = (invite: SipRequest) => SipRequest;

/** Applies a change to an INVITE and leaves every other message as it is. */
export const toInvites =
  (change: Change) =>
  (message: SipMessage): SipMessage =>
    message.kind === 'request' && message.method === 'INVITE' ? change(message) : message;

/** Headers by which an INVITE claims to come from somebody else, all beside a right From (S1). */
export const otherIdentities = (
  other: string,
  domain: string,
): Readonly<Record<string, Change>> => {
  const uri = `sip:${other}@${domain}`;
  return {
    'asserted-identity': (invite) => withHeader(invite, 'P-Asserted-Identity', `<${uri}>`),
    'preferred-identity': (invite) => withHeader(invite, 'P-Preferred-Identity', `<${uri}>`),
    'remote-party-id': (invite) =>
      withHeader(invite, 'Remote-Party-ID', `<${uri}>;party=calling;screen=yes`),
    'contact-of-another': (invite) => replaceHeader(invite, 'Contact', `<${uri};transport=tls>`),
    'display-name': (invite) =>
      replaceHeader(invite, 'From', `"${other}" ${header(invite, 'From') ?? ''}`),
  };
};

const cslInfo = 'X-CSL-Info1';

/** Each line of a header replaced by others, as they are to be written. */
const rewritten =
  (name: string, lines: (line: SipHeader) => readonly string[]): Change =>
  (invite) => ({
    ...invite,
    headers: invite.headers.flatMap((line) =>
      line.name === name
        ? lines(line).map((raw) => ({ name, value: raw.slice(raw.indexOf(':') + 2), raw }))
        : [line],
    ),
  });

/** Header forms that two readers may take for different values (S5, I-2). */
export const cslForms: Readonly<Record<string, Change>> = {
  repeated: rewritten(cslInfo, ({ raw }) => [raw, raw]),
  'repeated-in-other-case': rewritten(cslInfo, ({ raw, value }) => [raw, `x-csl-info1: ${value}`]),
  'comma-joined': rewritten(cslInfo, ({ raw, value }) => [`${raw},${value}`]),
  folded: rewritten(cslInfo, ({ value }) => [
    `${cslInfo}: ${value.slice(0, 40)}\r\n ${value.slice(40)}`,
  ]),
  'further-header': rewritten(cslInfo, ({ raw, value }) => [raw, `X-CSL-Info3: ${value}`]),
  oversize: rewritten(cslInfo, ({ value }) => [
    `${cslInfo}: ${value.slice(0, 392)}${'A'.repeat(8_000)}`,
  ]),
  'line-feed': rewritten(cslInfo, ({ raw }) => [`${raw}\nX-CSL-Info1: AAAA`]),
  'carriage-return': rewritten(cslInfo, ({ raw }) => [`${raw}\rX-CSL-Info1: AAAA`]),
  'blank-inside': rewritten(cslInfo, ({ value }) => [
    `${cslInfo}: ${value.slice(0, 40)} ${value.slice(40)}`,
  ]),
};

/** The X-CSL headers of an earlier INVITE in the place of the own (S3). */
export const withHeadersOf =
  (earlier: SipRequest): Change =>
  (invite) =>
    ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'].reduce(
      (changed, name) => replaceHeader(changed, name, headersNamed(earlier, name)[0]?.value ?? ''),
      invite,
    );

/** The bytes of a request under another branch (S3). */
export const underNewBranch = (bytes: Uint8Array, branch: string): Uint8Array =>
  fromLatin1(latin1(bytes).replace(/branch=z9hG4bK[^;\r\n]*/, `branch=z9hG4bK${branch}`));
