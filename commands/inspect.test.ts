import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { verdictSchema } from '../reports/model/verdict.ts';
import { openStudio, recordingProblem, type Studio } from '../scenarios/inspect/testing/record.ts';
import { hasTool, makeCertificate } from '../scenarios/wire/testing/tools.ts';
import { pcapFile } from '../scenarios/wire/testing/packets.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

const openssl = hasTool('openssl', 'version') ? '' : ' (skipped: openssl is not installed)';
const why = openssl || recordingProblem();
const python = hasTool('python3', '--version') ? '' : ' (skipped: python3 is not installed)';

const options =
  'OPTIONS sip:a SIP/2.0\\r\\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\\r\\nCSeq: 1 OPTIONS\\r\\nContent-Length: 0\\r\\n\\r\\n';
const answer =
  'SIP/2.0 200 OK\\r\\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\\r\\nCSeq: 1 OPTIONS\\r\\nContent-Length: 0\\r\\n\\r\\n';
const exact = '-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384';

/** A SIP exchange on port 5061 between openssl's programs. */
const sipExchange = `
{ sleep 0.3; printf '${answer}'; sleep 0.3; } | timeout 10 openssl s_server -quiet -accept 127.0.0.1:5061 -naccept 1 -cert server.crt -key server.key ${exact} >/dev/null 2>&1 &
listening 5061
{ printf '${options}'; sleep 0.8; } | timeout 10 openssl s_client -quiet -no_ign_eof -nocommands -connect 127.0.0.1:5061 -keylogfile KEYLOG ${exact} >/dev/null 2>&1
wait $!
`;

/** A page over HTTPS on a port. */
const webExchange = (port: number): string => `
timeout 10 openssl s_server -www -accept 127.0.0.1:${port} -naccept 1 -cert server.crt -key server.key ${exact} >/dev/null 2>&1 &
listening ${port}
{ printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.3; } | timeout 10 openssl s_client -quiet -connect 127.0.0.1:${port} -keylogfile KEYLOG ${exact} >/dev/null 2>&1
wait $!
`;

/** A packet socket as others open it: it sees each packet of a loopback interface leave and arrive. */
const doubleSight = `
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
s.bind(('lo', 0))
s.settimeout(0.1)
out = open(sys.argv[1], 'wb')
out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
open('ready', 'w').close()
import os
while not os.path.exists('done'):
    try: p = s.recv(262144)
    except socket.timeout: continue
    t = time.time()
    out.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(p), len(p)) + p)
`;

let bench: Bench;
let studio: Studio | undefined;
let capture = '';
let keyLog = '';

beforeAll(async () => {
  bench = await openBench();
  const put = (name: string, content: string | Uint8Array) =>
    writeFile(join(bench.folder, name), content);
  await mkdir(join(bench.folder, 'full'));
  await put('full/old.json', '{}');
  await put('empty.pcap', '');
  await put('text.pcap', 'this is a letter, not a capture\n');
  await put('short.pcap', 'ab');
  await put('text.pcap.gz', gzipSync('this is a letter, not a capture\n'));
  await put('none.pcap', pcapFile([]));
  await put('keys-text.json', 'masterKey: 12');
  await put(
    'keys-short.json',
    JSON.stringify([
      { masterKey: '00'.repeat(16), masterSalt: '00'.repeat(14) },
      { masterKey: '00'.repeat(15), masterSalt: '00'.repeat(14) },
    ]),
  );
  await put('keys-salt.json', JSON.stringify([{ masterKey: '00'.repeat(16), masterSalt: 'zz' }]));
  await put('other.keylog', `CLIENT_RANDOM ${'0'.repeat(64)} ${'1'.repeat(96)}\n`);
  if (why !== '') return;
  studio = openStudio();
  makeCertificate(studio.folder, 'server');
  await writeFile(studio.path('double.py'), doubleSight);
  const exchanges = [sipExchange, webExchange(443), webExchange(8443)].join('');
  const observed = python
    ? exchanges
    : `python3 double.py twice.pcap & python=$!
for _ in $(seq 300); do [ -e ready ] && break; sleep 0.01; done
${exchanges}
sleep 0.1; touch done; wait $python`;
  studio.record([
    { name: 'tls.pcapng', script: observed.replaceAll('KEYLOG', 'keys.log'), keyLog: 'keys.log' },
  ]);
  capture = studio.path('tls.pcapng');
  keyLog = studio.path('keys.log');
});
afterAll(async () => {
  studio?.close();
  await bench.close();
});

describe.concurrent('bad input ends with one line and 64', () => {
  it.each<[readonly string[], ...string[]]>([
    [['missing.pcap'], 'missing.pcap', 'there is no such file', 'name a capture'],
    [['full'], 'full', 'it is a folder', 'name a capture'],
    [['empty.pcap'], 'empty.pcap', 'it is empty', 'name a capture'],
    [['text.pcap'], 'text.pcap', 'it is no capture', 'name a capture'],
    [['short.pcap'], 'short.pcap', 'it is no capture', 'name a capture'],
    [['text.pcap.gz'], 'text.pcap.gz', 'it is no capture', 'name a capture'],
    [['none.pcap', '--keylog', 'missing.log'], '--keylog missing.log', 'there is no such file'],
    [
      ['none.pcap', '--keylog', 'text.pcap'],
      '--keylog text.pcap',
      'no line of the NSS key log format',
    ],
    [['none.pcap', '--srtp-keys', 'keys-text.json'], '--srtp-keys keys-text.json', 'it is no JSON'],
    [['none.pcap', '--srtp-keys', 'keys-short.json'], 'keys-short.json', '1.masterKey', '16 bytes'],
    [['none.pcap', '--srtp-keys', 'keys-salt.json'], 'keys-salt.json', '0.masterSalt', '14 bytes'],
    [['none.pcap', '--sip-port', '70000'], '--sip-port', "'70000'", 'from 1 to 65535'],
    [['none.pcap', '--registration-port', 'x'], '--registration-port', "'x'", 'from 1 to 65535'],
    [
      ['none.pcap', '--sip-port', '443', '--registration-port', '443'],
      '--sip-port 443',
      'one service',
    ],
    [['none.pcap', '--out', 'full'], '--out', 'full', 'is not empty'],
    [[], "missing required argument 'capture'"],
  ])('%j', async (words, ...parts) => {
    const { code, stdout, stderr } = await bench.run(['inspect', ...words]);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

const printedSchema = z.strictObject({
  tool: z.literal('discretio'),
  version: z.string(),
  input: z.string(),
  verdicts: z.array(verdictSchema),
  observations: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  exit: z.number(),
});

/** What `--json` prints; standard output holds that object alone. */
const inspect = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await bench.run(['inspect', '--json', ...words]);
  expect(stderr).toBe('');
  const printed = printedSchema.parse(JSON.parse(stdout));
  expect(printed.exit).toBe(code);
  const kind = (claim: string) => printed.verdicts.find((each) => each.claim === claim)?.kind;
  const observed = printed.observations.map(({ id }) => id);
  return { code, kind, observed, printed };
};

describe('a capture without a flow of the system', () => {
  it('leaves every claim inconclusive', async () => {
    const { code, printed } = await inspect('none.pcap');
    expect(code).toBe(2);
    expect(new Set(printed.verdicts.map(({ kind }) => kind))).toEqual(new Set(['inconclusive']));
    expect(printed).toMatchObject({ input: 'none.pcap' });
  });
});

describe.skipIf(why !== '')(`a capture of openssl's programs${why}`, () => {
  it('with its secrets shows SIP and HTTPS inside TLS; port 8443 belongs to no claim', async () => {
    const { kind, printed } = await inspect(capture);
    const claims = [
      '2.1.c',
      '2.1.d',
      '2.1.h',
      '5.1.a',
      '5.1.b',
      '5.1.c',
      '5.1.d',
      '5.1.e',
      '5.1.f',
      '6.1.a',
      '6.2.f',
    ];
    expect(claims.map((claim) => [claim, kind(claim)])).toEqual(
      claims.map((claim) => [claim, 'pass']),
    );
    const elsewhere = printed.observations.filter(({ id }) => id === 'tls-elsewhere');
    expect(elsewhere.map(({ text }) => /to \S+:(\d+) /.exec(text)?.[1])).toEqual(['8443']);
  });

  it('judges the ports that are named instead', async () => {
    const { kind, observed } = await inspect(
      capture,
      '--sip-port',
      '9',
      '--registration-port',
      '8443',
    );
    expect([kind('5.1.a'), kind('5.1.d')]).toEqual(['inconclusive', 'pass']);
    expect(observed.filter((id) => id === 'tls-elsewhere')).toHaveLength(2);
  });

  it.skipIf(python !== '')(`seen twice is judged as once${python}`, async () => {
    const twice = studio?.path('twice.pcap') ?? '';
    const [once, doubled, without] = [
      await inspect(capture),
      await inspect(twice, '--keylog', keyLog),
      await inspect(twice),
    ];
    expect(doubled.printed.verdicts).toEqual(once.printed.verdicts);
    expect(doubled.observed).toContain('loopback-twins');
    expect([without.kind('2.1.d'), without.kind('5.1.c')]).toEqual(['inconclusive', 'pass']);
  });

  it('with the key log of another session it says so, and cannot see inside', async () => {
    if (python !== '') return;
    const twice = studio?.path('twice.pcap') ?? '';
    const { kind, observed } = await inspect(twice, '--keylog', 'other.keylog');
    expect(kind('2.1.d')).toBe('inconclusive');
    expect(observed).toContain('keylog-unused');
  });

  it('gzipped it is judged the same', async () => {
    await writeFile(join(bench.folder, 'tls.pcapng.gz'), gzipSync(await readFile(capture)));
    const [plain, zipped] = [await inspect(capture), await inspect('tls.pcapng.gz')];
    expect(zipped.printed.verdicts).toEqual(plain.printed.verdicts);
  });

  it('cut off in the middle it passes nothing, and names the place', async () => {
    const whole = await readFile(capture);
    await writeFile(join(bench.folder, 'cut.pcapng'), whole.subarray(0, whole.length - 3_001));
    const { code, printed } = await inspect('cut.pcapng');
    expect(code).toBe(2);
    expect(printed.verdicts.filter(({ kind }) => kind === 'pass')).toEqual([]);
    expect(printed.observations[0]).toMatchObject({ id: 'capture-problem' });
    expect(printed.observations[0]?.text).toMatch(/^capture-truncated at byte \d+/);
  });

  it('writes a report with the handshakes and the ladder', async () => {
    const { code, stdout } = await bench.run(['inspect', capture, '--out', 'report']);
    expect(code).toBe(2);
    expect(stdout).toContain('report');
    const html = await readFile(join(bench.folder, 'report/report.html'), 'utf8');
    expect(html).toContain('OPTIONS sip:a');
    expect(html).toContain('DHE-RSA-AES256-GCM-SHA384');
  });
});
