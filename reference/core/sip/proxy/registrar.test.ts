import { describe, expect, it } from 'vitest';
import {
  header,
  headerValues,
  replaceHeader,
  type SipRequest,
  withHeader,
  withoutHeader,
} from '../message/message.ts';
import { ALICE, BOB, codes, createProxy, request, responses } from '../testing/request-fixture.ts';

const CONTACT = `sip:${ALICE}@10.0.1.1:4000;transport=tls`;

const registration = (
  sequence: number,
  contact: string | undefined = `<${CONTACT}>`,
  more: readonly (readonly [string, string])[] = [],
): SipRequest => {
  const plain = request('REGISTER', {
    uri: 'sip:example.com',
    from: `<sip:${ALICE}@example.com>;tag=r`,
    to: `<sip:${ALICE}@example.com>`,
    callId: 'r',
    cseq: `${sequence} REGISTER`,
  });
  const named =
    contact === '' ? withoutHeader(plain, 'Contact') : replaceHeader(plain, 'Contact', contact);
  return more.reduce((message, [name, value]) => withHeader(message, name, value), named);
};

describe('the registrar (RFC 3261 section 10.3)', () => {
  const statusOf = (outputs: Parameters<typeof responses>[0]) => responses(outputs)[0]?.status;

  it.each([
    ['another domain', { ...registration(1), uri: 'sip:evil.example' }, 404, 'sip/domain'],
    ['Require', registration(1, undefined, [['Require', 'x']]), 420, 'sip/require'],
    [
      'an address-of-record elsewhere',
      replaceHeader(registration(1), 'To', `<sip:${ALICE}@evil.example>`),
      404,
      'sip/address-of-record',
    ],
    ['* with a lifetime', registration(1, '*'), 400, 'sip/contact'],
    [
      '* beside a contact',
      registration(1, `*, <${CONTACT}>`, [['Expires', '0']]),
      400,
      'sip/contact',
    ],
    ['a lifetime too short', registration(1, undefined, [['Expires', '29']]), 423, 'sip/expires'],
  ])('refuses %s', (_name, message, status, code) => {
    const { from, proxy } = createProxy();
    const outputs = from(ALICE, message);
    expect([statusOf(outputs), codes(outputs)]).toEqual([status, [code]]);
    expect(proxy.locations()).toEqual([]);
  });

  it('says the shortest lifetime with 423, what Require it does not know with 420', () => {
    const { from } = createProxy();
    const [short] = responses(from(ALICE, registration(1, undefined, [['Expires', '29']])));
    expect(short && header(short, 'Min-Expires')).toBe('30');
    const [unknown] = responses(from(ALICE, registration(2, undefined, [['Require', 'x, y']])));
    expect(unknown && header(unknown, 'Unsupported')).toBe('x, y');
  });

  it('lists the contact with its lifetime and the date, cut to the longest', () => {
    const { from } = createProxy({ clock: () => 0 });
    const [answer] = responses(from(ALICE, registration(1, `<${CONTACT}>;expires=99999`)));
    expect(answer && headerValues(answer, 'Contact')).toEqual([`<${CONTACT}>;expires=7200`]);
    expect(answer && header(answer, 'Date')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  });

  it('takes no request out of order within one Call-ID (step 7)', () => {
    const { from, proxy } = createProxy();
    from(ALICE, registration(5));
    const repeated = from(ALICE, registration(5, `<sip:${ALICE}@10.0.9.9>`));
    expect([statusOf(repeated), codes(repeated)]).toEqual([500, ['sip/cseq']]);
    expect(statusOf(from(ALICE, registration(4, '*', [['Expires', '0']])))).toBe(500);
    expect(proxy.locations()).toMatchObject([{ contact: CONTACT }]);
    expect(statusOf(from(ALICE, registration(1, '')))).toBe(200);
    expect(statusOf(from(ALICE, registration(6, '*', [['Expires', '0']])))).toBe(200);
    expect(proxy.locations()).toEqual([]);
  });

  it('removes a contact that is written otherwise but equal (section 19.1.4), and no other', () => {
    const { from, proxy } = createProxy();
    from(ALICE, registration(1, `<sip:${ALICE}@Phone.example;transport=tls>`));
    from(ALICE, registration(2, `<sip:${ALICE}@other.example;transport=tls>;expires=0`));
    expect(proxy.locations()).toHaveLength(1);
    from(ALICE, registration(3, `<sip:${ALICE}@phone.EXAMPLE;transport=TLS>;expires=0`));
    expect(proxy.locations()).toEqual([]);
  });

  it('binds a number to the newest connection, whose loss alone unbinds it', () => {
    const { from, proxy } = createProxy();
    from(ALICE, registration(1), 'old');
    from(ALICE, replaceHeader(registration(1), 'Call-ID', 'r2'), 'new');
    expect(proxy.locations()).toMatchObject([{ connection: 'new' }]);
    proxy.handle({ kind: 'connection-closed', connection: 'old' }, 1000);
    expect(proxy.locations()).toMatchObject([{ connection: 'new' }]);
    const outputs = proxy.handle({ kind: 'connection-closed', connection: 'new' }, 1000);
    expect(outputs).toContainEqual({ kind: 'unregistered', number: ALICE });
  });

  it('forgets a contact when its time is up, and answers 480 from then on', () => {
    const { from, proxy } = createProxy();
    from(ALICE, registration(1, undefined, [['Expires', '60']]));
    expect(proxy.handle({ kind: 'tick' }, 60_999).map(({ kind }) => kind)).not.toContain(
      'unregistered',
    );
    expect(proxy.handle({ kind: 'tick' }, 61_000).map(({ kind }) => kind)).toContain(
      'unregistered',
    );
    const own = `<sip:${BOB}@example.com>;tag=b`;
    const outputs = from(BOB, request('INVITE', { uri: `sip:${ALICE}@example.com`, from: own }));
    expect(statusOf(outputs)).toBe(480);
  });
});
