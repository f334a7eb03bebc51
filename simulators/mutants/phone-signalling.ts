import type { Mutant } from './mutant.ts';
import { saying, type Rewriting } from './phone-stream.ts';

const without = (message: string, header: string): string =>
  message.replace(new RegExp(`\r\n${header}:[^\r\n]*`, 'i'), '');

const branchOf = (message: string): string => /;branch=([^;\r\n\s]+)/.exec(message)?.[1] ?? '';

/** Changes requests of a method. */
const inRequests = (method: string, change: (message: string) => string): Rewriting => ({
  outward: (message) => (message.startsWith(`${method} `) ? change(message) : message),
});

/** The ACK to a 2xx is a transaction of its own (RFC 3261 section 13.2.2.4); here it has the INVITE's branch. */
const acknowledgingWithin = (): Rewriting => {
  let branch = '';
  return {
    outward(message) {
      if (message.startsWith('INVITE ')) branch = branchOf(message);
      return message.startsWith('ACK ') && branch !== ''
        ? message.replace(branchOf(message), branch)
        : message;
    },
  };
};

/** Puts a BYE's CSeq number up by 4, and its answer's back. */
const skippingNumbers = (): Rewriting => {
  let changed: { readonly from: string; readonly to: string } | null = null;
  return {
    outward(message) {
      const [, digits = ''] = /\r\nCSeq: *(\d+) BYE/i.exec(message) ?? [];
      if (!message.startsWith('BYE ') || digits.length !== 1) return message;
      changed = { from: `${digits} BYE`, to: `${(Number(digits) + 4) % 10} BYE` };
      return message.replace(changed.from, changed.to);
    },
    inward: (bytes) => (changed ? bytes.replace(changed.to, changed.from) : bytes),
  };
};

/** The private exponent in a header of every INVITE. */
const tellingKey: ReturnType<typeof saying> = saying(({ identity }) => {
  const exponent = identity?.privateKey.export({ format: 'jwk' }).d ?? '';
  const value = Buffer.from(exponent, 'base64url').toString('base64');
  return inRequests('INVITE', (message) => message.replace('\r\n', `\r\nX-Backup: ${value}\r\n`));
});

const sip = (
  id: string,
  fault: string,
  because: RegExp,
  rewriting: () => Rewriting,
  claims: readonly string[] = ['6.2.a'],
): Mutant => ({ id, fault, claims, because, parts: { phone: { connectTls: saying(rewriting) } } });

/** Phones that break a rule of SIP, or say in it what they should not. */
export const phoneSignallingMutants: readonly Mutant[] = [
  sip('bye-without-hops', 'a BYE has no Max-Forwards', /\(mandatory-headers\)/, () =>
    inRequests('BYE', (message) => without(message, 'Max-Forwards')),
  ),
  sip(
    'ack-within-transaction',
    'the ACK to a 200 has the branch of its INVITE',
    /\(acknowledged\)|\(branches\)/,
    acknowledgingWithin,
  ),
  sip('numbers-skipped', 'a BYE’s CSeq number skips four', /\(sequence\)/, skippingNumbers),
  sip('answers-without-record-route', 'a 200 leaves Record-Route out', /\(record-route\)/, () => ({
    outward: (message) =>
      message.startsWith('SIP/2.0 200') && /\r\nCSeq: *\d+ INVITE/i.test(message)
        ? without(message, 'Record-Route')
        : message,
  })),
  sip('register-with-user', 'a REGISTER’s Request-URI has a user part', /\(registration\)/, () =>
    inRequests('REGISTER', (message) => message.replace('REGISTER sip:', 'REGISTER sip:me@')),
  ),
  sip('via-of-another-transport', 'Via names TCP', /\(via\)/, () => ({
    outward: (message) => message.replace('SIP/2.0/TLS ', 'SIP/2.0/TCP '),
    inward: (bytes) => bytes.replaceAll('SIP/2.0/TCP ', 'SIP/2.0/TLS '),
  })),
  {
    id: 'private-key-in-a-header',
    fault: 'every INVITE has the private exponent in a header',
    claims: ['2.2.f', '3.1.b'],
    because: /private exponent of/,
    parts: { phone: { connectTls: tellingKey } },
  },
];
