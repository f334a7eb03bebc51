import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerdictKind } from '../../reports/model/verdict.ts';
import { gatherFacts } from '../wire/facts.ts';
import { hasTool, makeCertificate, tsharkFields } from '../wire/testing/tools.ts';
import { judgeInspection } from './judge.ts';
import { openStudio, recordingProblem, type Studio } from './testing/record.ts';

const settings = (folder: string): string => `#!KAMAILIO
debug=-1
log_stderror=yes
children=1
# More than one crashes with OpenSSL 3 (Kamailio's issue 3791).
tcp_children=1
enable_tls=yes
auto_aliases=no
listen=tls:127.0.0.1:5061
loadmodule "sl.so"
loadmodule "tls.so"
modparam("tls", "config", "${folder}/tls.cfg")
request_route {
  sl_send_reply("200", "OK");
}
`;

const tlsSettings = (folder: string): string => `[server:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
cipher_list = DHE-RSA-AES256-GCM-SHA384
private_key = ${folder}/server.key
certificate = ${folder}/server.crt
ca_list = ${folder}/client.crt
`;

const lines = [
  'OPTIONS sip:probe@127.0.0.1 SIP/2.0',
  'Via: SIP/2.0/TLS 127.0.0.1:5099;branch=z9hG4bK1',
  'Max-Forwards: 70',
  'From: <sip:a@127.0.0.1>;tag=1',
  'To: <sip:probe@127.0.0.1>',
  'Call-ID: 1@127.0.0.1',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '',
  '',
];

const client = (certificate: string, keyLog: string): string =>
  `{ printf '${lines.join('\\r\\n')}'; sleep 0.6; } | timeout 5 openssl s_client -quiet -no_ign_eof -nocommands -connect 127.0.0.1:5061 -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384 ${certificate} ${keyLog} >/dev/null 2>&1`;

const script = (folder: string): string => `
setsid timeout 20 kamailio -f kamailio.cfg -DD -E -P ${folder}/pid -m 64 -M 8 -Y ${folder} -w ${folder} >kamailio.log 2>&1 &
group=$!
listening 5061
${client('-cert client.crt -key client.key', '-keylogfile keys.log')}
${client('', '')}
kill -- -$group
wait
true
`;

let studio: Studio | undefined;

/** Starts nothing: asks Kamailio to read its configuration, which needs its TLS module. */
const kamailioProblem = (): string => {
  if (!hasTool('kamailio', '-v')) return ' (skipped: kamailio is not installed)';
  const trial = openStudio();
  try {
    makeCertificate(trial.folder, 'server');
    makeCertificate(trial.folder, 'client');
    writeFileSync(trial.path('kamailio.cfg'), settings(trial.folder));
    writeFileSync(trial.path('tls.cfg'), tlsSettings(trial.folder));
    if (!hasTool('kamailio', '-c', '-f', trial.path('kamailio.cfg'), '-Y', trial.folder))
      return ' (skipped: kamailio refuses the configuration; is kamailio-tls-modules installed?)';
    studio = trial;
    return '';
  } finally {
    if (!studio) trial.close();
  }
};

const openssl = hasTool('openssl', 'version') ? '' : ' (skipped: openssl is not installed)';
const why = openssl || recordingProblem() || kamailioProblem();
const whyTshark =
  why || (hasTool('tshark', '--version') ? '' : ' (skipped: tshark is not installed)');
const file = studio?.path('kamailio.pcapng') ?? '';
const ports = { sipPorts: [5061], registrationPorts: [443], keptBytes: 0 };

beforeAll(() => {
  if (why !== '' || !studio) return;
  studio.record([{ name: 'kamailio.pcapng', script: script(studio.folder), keyLog: 'keys.log' }]);
});
afterAll(() => studio?.close());

describe.skipIf(why !== '')(`Kamailio's TLS port with openssl s_client${why}`, () => {
  it('one session under mutual TLS, one refused for want of a certificate: the session is judged', async () => {
    const facts = await gatherFacts(file, ports);
    const verdicts = judgeInspection({ facts, keys: 0 });
    const passing = ['2.1.d', '2.1.h', '5.1.a', '5.1.b', '5.1.c', '6.1.a', '6.2.f'];
    const kinds = passing.map((id): [string, VerdictKind | undefined] => [
      id,
      verdicts.find(({ claim }) => claim === id)?.kind,
    ]);
    expect(kinds).toEqual(passing.map((id) => [id, 'pass']));
    expect(
      facts.sipMessages.map(({ message }) =>
        message.kind === 'request' ? message.method : message.status,
      ),
    ).toEqual(['OPTIONS', 200]);
    expect(facts.tlsSessions.map(({ established }) => established)).toEqual([true, false]);
    expect(facts.tlsSessions[0]).toMatchObject({ clientCertificateVerify: true });
  });

  it.skipIf(whyTshark !== '')(`tshark agrees${whyTshark}`, () => {
    const asSip = ['-d', 'tls.port==5061,sip'];
    expect(tsharkFields(file, 'sip', ['sip.Method', 'sip.Status-Code'], ...asSip)).toEqual([
      ['OPTIONS', ''],
      ['', '200'],
    ]);
    expect(tsharkFields(file, 'tls.handshake.type == 12', ['tls.handshake.p_len'])).toEqual([
      ['256'],
      ['256'],
    ]);
  });
});
