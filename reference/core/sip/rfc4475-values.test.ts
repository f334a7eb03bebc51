import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../bytes.ts';
import { byAppliance, byPhone, bytesOf, readMessage as read } from './fixtures/rfc4475/torture.ts';
import { createFramer } from './message/framer.ts';
import {
  header,
  headerValues,
  listValues,
  parseMessage,
  type SipMessage,
} from './message/message.ts';
import { parseNameAddress } from './message/name-address.ts';
import { parameter } from './message/parameters.ts';
import type { RegistrarProxyOutput } from './proxy/registrar-proxy.ts';
import { sentMessages } from './testing/request-fixture.ts';
import { parseSipUri, userOf } from './message/uri.ts';
import type { UserAgentOutput } from './user-agent/user-agent.ts';
import { parseVia } from './message/via.ts';

const addresses = (message: SipMessage, name: string) =>
  listValues(message, name).map((value) => {
    const parsed = parseNameAddress(value);
    if (!parsed.ok) throw new Error(`${value}: ${parsed.error.code}`);
    return parsed.value;
  });

const vias = (message: SipMessage) =>
  listValues(message, 'Via').map((value) => {
    const parsed = parseVia(value);
    if (!parsed.ok) throw new Error(`${value}: ${parsed.error.code}`);
    return parsed.value;
  });

describe('what is read from the valid messages of RFC 4475', () => {
  it('wsinv: folds, blanks, both forms of names, leading zeros, unknown headers and parameters', () => {
    const message = read('wsinv');
    expect(vias(message).map(({ transport, host }) => `${transport} ${host}`)).toEqual([
      'UDP 192.0.2.2',
      'TCP spindle.example.com',
      'UDP 192.168.255.111',
    ]);
    expect(addresses(message, 'From')[0]).toEqual({
      displayName: String.raw`"J Rosenberg \\\""`,
      uri: 'sip:jdrosen@example.com',
      parameters: [['tag', '98asjd8']],
    });
    expect(addresses(message, 'Contact')[0]).toEqual({
      displayName: String.raw`"Quoted string \"\""`,
      uri: 'sip:jdrosen@example.com',
      parameters: [
        ['newparam', 'newvalue'],
        ['secondparam', undefined],
        ['q', '0.33'],
      ],
    });
    expect(addresses(message, 'Route')[0]?.uri).toMatch(/;unknown-no-value$/);
    expect(header(message, 'Subject')).toBe('');
    expect(header(message, 'CSeq')).toBe('0009 INVITE');
    expect(header(message, 'NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(header(message, 'UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(message.body).toHaveLength(150);
  });

  it('intmeth: every character of a token, a user, a quoted string and a Call-ID', () => {
    const message = read('intmeth');
    const uri = message.kind === 'request' ? parseSipUri(message.uri) : undefined;
    expect(uri?.ok && uri.value.user).toBe("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    expect(addresses(message, 'To')[0]?.displayName).toBe('"BEL:\\\u0007 NUL:\\\0 DEL:\\\u007f"');
    const [from] = addresses(message, 'From');
    expect(from?.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(from && parameter(from.parameters, "fromParam''~+*_!.-%")).toHaveLength(22);
    expect(header(message, 'Call-ID')).toBe(
      String.raw`intmeth.word%ZK-!.*_+'@word` + '`~)(><:\\/"][?}{',
    );
    expect(header(message, "extensionHeader-!.%*+_`'~")).toBe(
      latin1(new TextEncoder().encode('\ufeff大停電')),
    );
  });

  it('esc01, escnull, esc02, semiuri: escapes stay as they are, and are none outside URIs', () => {
    const uri = parseSipUri(addresses(read('esc01'), 'Contact')[0]?.uri ?? '');
    expect(uri.ok && uri.value.parameters).toEqual([
      ['%6C%72', undefined],
      ['n%61me', 'v%61lue%25%34%31'],
    ]);
    expect(addresses(read('esc01'), 'From').map((each) => userOf(each.uri))).toEqual([
      'I%20have%20spaces',
    ]);
    expect(addresses(read('escnull'), 'Contact').map((each) => userOf(each.uri))).toEqual([
      '%00',
      '%00%00',
    ]);
    const esc02 = read('esc02');
    expect(esc02.kind === 'request' && esc02.method).toBe('RE%47IST%45R');
    expect(addresses(esc02, 'Contact')).toHaveLength(2);
    expect(addresses(esc02, 'To')[0]?.displayName).toBe('"%Z%45"');
    const semiuri = read('semiuri');
    expect(semiuri.kind === 'request' && userOf(semiuri.uri)).toBe('user;par=u%40example.net');
    expect(listValues(semiuri, 'Accept')).toHaveLength(6);
  });

  it('lwsdisp, longreq, transports: display names, long values, transports', () => {
    expect(addresses(read('lwsdisp'), 'From')[0]?.displayName).toBe('caller');
    const long = read('longreq');
    expect(vias(long)).toHaveLength(34);
    expect(parameter(vias(long).at(-1)?.parameters ?? [], 'branch')).toBe(
      `very${'long'.repeat(50)}branchvalue`,
    );
    expect(parameter(addresses(long, 'From')[0]?.parameters ?? [], 'tag')).toBe(
      `12${'982'.repeat(50)}424`,
    );
    expect(header(long, `Unknown-${'Long'.repeat(20)}-Name`)).toMatch(/^unknown-long/);
    expect(vias(read('transports')).map(({ transport }) => transport)).toEqual(
      'UDP SCTP TLS UNKNOWN TCP'.split(' '),
    );
  });

  it('dblreq: the REGISTER is read, on a stream the INVITE behind it too', () => {
    const whole = createFramer().push(bytesOf('dblreq'));
    const methods = whole.flatMap((frame) => {
      const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : undefined;
      return parsed?.ok === true && parsed.value.kind === 'request' ? [parsed.value.method] : [];
    });
    expect(methods).toEqual(['REGISTER', 'INVITE']);
  });

  it('mpart01, unreason, noreason: bytes of a body and of a reason phrase', () => {
    const { body } = read('mpart01');
    expect(body).toHaveLength(553);
    expect(body.includes(0)).toBe(true);
    const unusual = read('unreason');
    const reason = unusual.kind === 'response' ? fromLatin1(unusual.reason) : new Uint8Array();
    expect(new TextDecoder('utf8', { fatal: true }).decode(reason)).toBe(
      '= 2**3 * 5**2 но сто девяносто девять - простое',
    );
    expect(read('noreason')).toMatchObject({ status: 100, reason: '' });
  });

  it('cparam01, cparam02, regescrt: what belongs to the contact and what to its URI', () => {
    const contact = (name: string) =>
      sentMessages(byAppliance(bytesOf(name))).flatMap((answer) => headerValues(answer, 'Contact'));
    expect(contact('cparam01')).toEqual(['<sip:+19725552222@gw1.example.net>;expires=3600']);
    expect(contact('cparam02')).toEqual([
      '<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600',
    ]);
    expect(contact('regescrt')).toEqual([
      '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600',
    ]);
  });

  it('bext01, invut: the answers name what is not supported and what is', () => {
    const answer = (outputs: readonly (UserAgentOutput | RegistrarProxyOutput)[], name: string) =>
      sentMessages(outputs).map((message) => header(message, name));
    const required = bytesOf('bext01');
    expect(answer(byPhone(required), 'Unsupported')).toEqual([
      'nothingSupportsThis, nothingSupportsThisEither',
    ]);
    expect(answer(byAppliance(required), 'Unsupported')).toEqual([
      'noProxiesSupportThis, norDoAnyProxiesSupportThis',
    ]);
    expect(answer(byPhone(bytesOf('invut')), 'Accept')).toEqual(['application/sdp']);
  });
});
