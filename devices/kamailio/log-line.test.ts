import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseLogLine } from './log-line.ts';

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const own = (text: string) => parseLogLine(` 6(1234) NOTICE: <script>: discretio ${text}`);

describe('a line of Kamailio’s log', () => {
  it('that refuses something is an entry of the appliance’s log, with the code of the route', () => {
    const line = `refused code=sip/identity status=403 method=${hex('INVITE')} user=+33639980001 address=192.0.2.9 conid=7 callid=${hex('a b\nc')} text=From is not the owner of the certificate`;
    expect(own(line)).toEqual({
      kind: 'refused',
      code: 'sip/identity',
      detail:
        '+33639980001: INVITE refused with 403: From is not the owner of the certificate (connection 7, Call-ID a b\nc)',
    });
  });

  it('cannot be written by a client: a Call-ID is hexadecimal, whatever it says', () => {
    const callid = hex('x code=sip/none text=nothing\n 0(1) CRITICAL: <core>: no');
    expect(own(`ended callid=${callid}`)).toEqual({
      kind: 'ended',
      callId: 'x code=sip/none text=nothing\n 0(1) CRITICAL: <core>: no',
    });
  });

  it('tells registrations with the time that was asked for', () => {
    const line = (contact: string, expires: string) =>
      own(
        `registered number=+33639980001 conid=2 address=192.0.2.9 port=4000 expires=${hex(expires)} contact=${hex(contact)}`,
      );
    const contact = '<sip:+33639980001@192.0.2.9:4000;transport=tls>';
    expect(line(contact, '60')).toMatchObject({ from: '192.0.2.9:4000', expires: 60 });
    expect(line(`${contact};expires=0`, '60')).toMatchObject({ expires: 0 });
    expect(line('*', '0')).toMatchObject({ expires: 0 });
    expect(line(contact, 'soon')).toMatchObject({ expires: 3600 });
  });

  it.each(['BUG', 'CRITICAL', 'ALERT'])('of level %s says that the engine is broken', (level) => {
    expect(parseLogLine(` 0(77) ${level}: <core> [core/x.c:1]: f(): oh`)).toEqual({
      kind: 'broken',
      text: `${level}: <core> [core/x.c:1]: f(): oh`,
    });
  });

  it('about a handshake is a refusal, other errors and warnings of the engine are not', () => {
    const refused =
      ' 6(1) ERROR: tls [tls_util.h:50]: tls_err_ret(): TLS accept:error:0A000086:SSL routines::certificate verify failed (sni: unknown)';
    expect(parseLogLine(refused)).toMatchObject({ kind: 'refused', code: 'tls/handshake' });
    expect(parseLogLine(' 0(1) WARNING: tls [tls_init.c:807]: openssl bug #1491')).toEqual({
      kind: 'other',
    });
    expect(parseLogLine(' 6(1) ERROR: tls [tls_server.c:1334]: src addr: 127.0.0.1:1')).toEqual({
      kind: 'other',
    });
  });

  test.prop([fc.string()])('is read without a throw, whatever it is', (text) => {
    expect(parseLogLine(text).kind).toBeTypeOf('string');
    expect(parseLogLine(` 1(2) NOTICE: <script>: discretio ${text}`).kind).toBeTypeOf('string');
  });
});
