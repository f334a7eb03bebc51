import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherFacts } from '../wire/facts.ts';
import type { TlsSessionFacts, WireFacts } from '../wire/facts-model.ts';
import { hasTool, makeCertificate, tsharkFields } from '../wire/testing/tools.ts';
import { judgeInspection } from './judge.ts';
import { opensslRows, parameterFiles, scriptOf } from './testing/openssl-rows.ts';
import { openStudio, recordingProblem, type Studio } from './testing/record.ts';

const openssl = hasTool('openssl', 'version') ? '' : ' (skipped: openssl is not installed)';
const why = openssl || recordingProblem();
const tshark = hasTool('tshark', '--version');
const whyTshark = why || (tshark ? '' : ' (skipped: tshark is not installed)');

const firstPort = 20_001;
const rows = opensslRows.map((row, index) => ({ ...row, port: firstPort + index }));
const ports = rows.map(({ port }) => port);

let studio: Studio | undefined;
let file = '';
let facts: WireFacts;

beforeAll(async () => {
  if (why !== '') return;
  studio = openStudio();
  makeCertificate(studio.folder, 'server');
  for (const [name, text] of Object.entries(parameterFiles)) writeFileSync(studio.path(name), text);
  file = studio.path('openssl.pcapng');
  const script = rows.map((row) => scriptOf(row, row.port)).join('\n');
  studio.record([{ name: 'openssl.pcapng', script }]);
  facts = await gatherFacts(file, { sipPorts: ports, registrationPorts: [], keptBytes: 0 });
});
afterAll(() => studio?.close());

const kindsOf = (judged: WireFacts, ...claims: readonly string[]) => {
  const verdicts = judgeInspection({ facts: judged, keys: 0 });
  return claims.map((claim) => verdicts.find((verdict) => verdict.claim === claim)?.kind);
};

const on = (port: number) => facts.tlsSessions.filter(({ server }) => server.port === port);

/** The facts as if one port were a service's and every other nobody's. */
const serving = (port: number, service: 'sip' | 'registration'): WireFacts => ({
  ...facts,
  tlsSessions: facts.tlsSessions.map((session): TlsSessionFacts => ({
    ...session,
    service: session.server.port === port ? service : 'other',
  })),
});

const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;

describe.skipIf(why !== '')(`captures of openssl s_server and s_client${why}`, () => {
  it.each(rows)('$name: version, suite and modulus are judged $kinds', ({ port, kinds }) => {
    expect(kindsOf(serving(port, 'sip'), '5.1.a', '5.1.b', '5.1.c')).toEqual(kinds);
  });

  it.each(rows)('$name: the same of a registration port', ({ port, kinds }) => {
    const judged = serving(port, 'registration');
    expect(kindsOf(judged, '5.1.d', '5.1.e', '5.1.f')).toEqual(kinds);
    expect(kindsOf(judged, '5.1.a', '5.1.b', '5.1.c')).toEqual(Array(3).fill('inconclusive'));
  });

  it('all of them together fail: one bad among good ones', () => {
    expect(kindsOf(facts, '5.1.a', '5.1.b', '5.1.c')).toEqual(['fail', 'fail', 'fail']);
  });

  it('without a key log nothing is said to be inside TLS', () => {
    expect(kindsOf(serving(firstPort, 'sip'), '2.1.d', '6.2.f', '2.1.h', '6.1.a')).toEqual([
      'inconclusive',
      'inconclusive',
      'pass',
      'pass',
    ]);
  });
});

/** What tshark says of each connection to a port: its values of the fields, by connection. */
const theirs = (filter: string, ...fields: readonly string[]): ReadonlyMap<string, string[][]> => {
  const decode = ['-d', `tcp.port==${firstPort}-${ports.at(-1) ?? firstPort},tls`];
  const ends = ['tcp.srcport', 'tcp.dstport'];
  const byClient = new Map<string, string[][]>();
  for (const [source = '', destination = '', ...values] of tsharkFields(
    file,
    filter,
    [...ends, ...fields],
    ...decode,
  )) {
    const client = ports.includes(Number(source)) ? destination : source;
    byClient.set(client, [...(byClient.get(client) ?? []), values]);
  }
  return byClient;
};

describe.skipIf(whyTshark !== '')(`tshark on the same capture${whyTshark}`, () => {
  it('names the same versions, suites and lengths of p, and those that were to be', () => {
    const hellos = theirs(
      'tls.handshake.type == 2',
      'tls.handshake.version',
      'tls.handshake.extensions.supported_version',
      'tls.handshake.ciphersuite',
    );
    const exchanges = theirs('tls.handshake.type == 12', 'tls.handshake.p_len');
    const told = (client: number): string[] =>
      (hellos.get(String(client)) ?? []).map(([version, chosen, suite]) =>
        [chosen || version, suite, exchanges.get(String(client))?.[0]?.[0] ?? ''].join(' '),
      );
    const ours = (session: TlsSessionFacts): string[] =>
      session.version === null
        ? []
        : [
            `${hex(session.version)} ${hex(session.suite ?? 0)} ${session.dh ? session.dh.bits / 8 : ''}`,
          ];
    for (const { name, port, chosen } of rows) {
      const sessions = on(port);
      expect(sessions.flatMap(ours), name).toEqual(chosen);
      expect(
        sessions.flatMap(({ client }) => told(client.port)),
        name,
      ).toEqual(chosen);
    }
  });

  it('sees the same resumption', () => {
    const resumed = theirs('tls.resumed', 'tls.resumed');
    const ours = facts.tlsSessions.filter((session) => session.resumed);
    expect([...resumed.keys()]).toEqual(ours.map(({ client }) => String(client.port)));
    expect(ours).toHaveLength(1);
  });

  it('sees the same alerts in clear', () => {
    const alerts = theirs('tls.alert_message.desc', 'tls.alert_message.desc');
    const seen = [...alerts].map(([client, values]) => [client, values.flat().map(Number)]);
    const ours = facts.tlsSessions.flatMap((session) => {
      const clear = session.alerts.flatMap(({ description }) => description ?? []);
      return clear.length === 0 ? [] : [[String(session.client.port), clear]];
    });
    expect(ours).toEqual(seen);
    expect(ours.length).toBeGreaterThanOrEqual(3);
  });
});
