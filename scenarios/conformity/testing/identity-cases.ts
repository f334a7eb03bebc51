import { toBase64 } from '../../../reference/core/bytes.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without, withFacts, withText, withoutCapture } from '../../testing/altered.ts';
import {
  decodedHeader,
  furtherSession,
  lastOf,
  sessions,
  sip,
  topologyOf,
} from '../../testing/altered-wire.ts';
import { callee, caller } from '../activities/basic-call.ts';
import { withDisplays, withStorageSearch, withTopology } from './documents.ts';
import { lost } from './lost-call.ts';
import { dropped, hole, noSessions, nothingStored } from './damage.ts';
import { certificatePem, foreignClient, sessionOf, shortKey } from './forged.ts';

const toServers: readonly JudgeCase[] = [
  failing(
    '5.2/to-servers',
    'a third client served without a certificate',
    /without (a certificate|proof of its key)$/,
    furtherSession('sip', { clientChain: [], clientCertificateVerify: false }),
  ),
  failing(
    '5.2/to-servers',
    'one user without CertificateVerify',
    /without (a certificate|proof of its key)$/,
    sessions(sessionOf(callee.number), { clientCertificateVerify: false }),
  ),
  failing(
    '5.2/to-servers',
    'a foreign certificate that was served',
    /foreign certificate/,
    (evidence) => {
      const { number } = topologyOf(evidence).callee;
      return sessions(sessionOf(number), {
        clientChain: [toBase64(foreignClient(evidence, number))],
      })(evidence);
    },
  ),
  undecided('5.2/to-servers', 'no capture', /not captured/, withoutCapture('call')),
  undecided('5.2/to-servers', 'no SIP session', /no session of/, noSessions('sip')),
  undecided(
    '5.2/to-servers',
    'a resumed session',
    /as in a resumed session/,
    sessions(sessionOf(caller.number), {
      resumed: true,
      clientChain: [],
      serverChain: [],
      clientCertificateVerify: false,
    }),
  ),
  undecided(
    '5.2/to-servers',
    'the session of one user only',
    /no session of/,
    sessions(sessionOf(callee.number), { established: false }),
  ),
  undecided('5.2/to-servers', 'a dropped packet', /lost 1/, dropped),
  undecided('5.2/to-servers', 'a hole', /holes|lacks the handshake/, hole),
  undecided(
    '5.2/to-servers',
    'an unknown session with the appliance',
    /cannot be told/,
    furtherSession('sip', { service: 'other', decrypted: 'no-key' }),
  ),
];

const sameCertificate: readonly JudgeCase[] = [
  failing('5.2/same-certificate', 'another certificate in TLS', /two certificates/, (evidence) => {
    const { number } = topologyOf(evidence).caller;
    return sessions(sessionOf(number), {
      clientChain: [toBase64(foreignClient(evidence, number))],
    })(evidence);
  }),
  failing(
    '5.2/same-certificate',
    'the same certificate, and a signature that does not verify',
    /does not prove the key/,
    sip(
      'INVITE',
      'both',
      decodedHeader('X-CSL-Info2', (bytes) => void (bytes[50] = (bytes[50] ?? 0) ^ 1)),
    ),
  ),
  ...lost('5.2/same-certificate'),
];

const storedName = (file: string) => `stored/bob/${file}`;

const notStored = (file: string) =>
  all(
    without('call', storedName(file)),
    withStorageSearch((search) => {
      const places = search.places.filter((place) => place.name !== storedName(file));
      return { ...search, places };
    }),
  );

const threeCertificates: readonly JudgeCase[] = [
  ...['root.pem', 'client-authority.pem', 'server-authority.pem'].flatMap((file) => [
    failing(
      '5.2/three-certificates',
      `${file} not stored by the second phone`,
      /does not store/,
      notStored(file),
    ),
    failing(
      '5.2/three-certificates',
      `another certificate as ${file}`,
      /does not store/,
      (evidence) =>
        withText('call', storedName(file), () =>
          certificatePem(foreignClient(evidence, callee.number)),
        )(evidence),
    ),
    undecided(
      '5.2/three-certificates',
      `${file} missing from the evidence`,
      /is not among the evidence/,
      without('call', storedName(file)),
    ),
  ]),
  failing(
    '5.2/three-certificates',
    'a user’s certificate of a foreign authority',
    /does not lead to/,
    (evidence) =>
      withText('call', storedName('certificate.pem'), () =>
        certificatePem(foreignClient(evidence, callee.number)),
      )(evidence),
  ),
  failing('5.2/three-certificates', 'the other user’s certificate', /another number/, (evidence) =>
    withText(
      'call',
      storedName('certificate.pem'),
      () => evidence.text('call', 'stored/alice/certificate.pem') ?? '',
    )(evidence),
  ),
  undecided(
    '5.2/three-certificates',
    'nothing stored',
    /are not among|is not among/,
    nothingStored,
  ),
  undecided(
    '5.2/three-certificates',
    'an empty list of what is stored',
    /are not among the evidence/,
    withStorageSearch((search) => ({ ...search, places: [] })),
  ),
  undecided(
    '5.2/three-certificates',
    'a capture without a time to judge validity at',
    /the time are not among/,
    withFacts((facts) => ({ ...facts, startedAt: null })),
  ),
];

const showing = (change: (identifiers: { local: string; peer: string }) => unknown) =>
  withDisplays((displays) => {
    const shown = displays['bob']?.identifiers;
    if (!shown) throw new Error('bob showed nothing in the real run');
    Object.assign(displays['bob'] ?? {}, { identifiers: change(shown) });
  });

const identifiers: readonly JudgeCase[] = [
  failing(
    '5.2/identifiers',
    'Local and Peer swapped on the second phone',
    /the callee shows other/,
    showing(({ local, peer }) => ({ local: peer, peer: local })),
  ),
  failing(
    '5.2/identifiers',
    'one digit of the peer’s identifier',
    /the callee shows other/,
    showing(({ local, peer }) => ({
      local,
      peer: peer.slice(0, -1) + (peer.endsWith('0') ? '1' : '0'),
    })),
  ),
  failing('5.2/identifiers', 'another key on the wire than is shown', /shows other/, (evidence) => {
    const { number } = topologyOf(evidence).caller;
    return sip(
      'INVITE',
      'both',
      decodedHeader('X-CSL-From', () => foreignClient(evidence, number)),
    )(evidence);
  }),
  failing(
    '5.2/identifiers',
    'none at all during the audio',
    /shows no identifiers/,
    showing(() => null),
  ),
  undecided(
    '5.2/identifiers',
    'no displays',
    /not among the evidence/,
    without('call', 'displays.json'),
  ),
  undecided(
    '5.2/identifiers',
    'empty displays',
    /not among the evidence/,
    withDisplays(() => ({})),
  ),
  undecided(
    '5.2/identifiers',
    'the display of one phone only',
    /what the callee showed/,
    withDisplays(({ alice }) => ({ alice })),
  ),
  undecided(
    '5.2/identifiers',
    'displays of another call',
    /does not report the call/,
    withDisplays(({ alice }) => void Object.assign(alice ?? {}, { callId: 'other' })),
  ),
  ...lost('5.2/identifiers'),
];

const keySizes: readonly JudgeCase[] = [
  failing(
    '6.1/key-sizes',
    'a client key of 1024 bits in one session',
    /has another key/,
    sessions(lastOf('sip'), () => ({ clientChain: [shortKey(caller.number)] })),
  ),
  failing(
    '6.1/key-sizes',
    'a server key of 1024 bits in one registration session, behind one that cannot be read',
    /has another key/,
    all(
      sessions(lastOf('registration'), () => ({ serverChain: [shortKey('localhost')] })),
      sessions(sessionOf(caller.number), { serverChain: ['AAAA'] }),
    ),
  ),
  failing(
    '6.1/key-sizes',
    'an authority with a key of 1024 bits',
    /has another key/,
    withTopology((topology) => {
      const pem = certificatePem(new Uint8Array(Buffer.from(shortKey('root'), 'base64')));
      Object.assign(topology.trust, { root: pem });
    }),
  ),
  undecided(
    '6.1/key-sizes',
    'a certificate that cannot be read',
    /cannot be read/,
    sessions(lastOf('sip'), { clientChain: ['AAAA'] }),
  ),
  undecided('6.1/key-sizes', 'no session of a client', /no session of a client/, noSessions('sip')),
  undecided(
    '6.1/key-sizes',
    'a session that shows no server certificate',
    /shows no certificate of one side/,
    sessions(lastOf('registration'), { serverChain: [] }),
  ),
  undecided('6.1/key-sizes', 'a dropped packet', /lost 1/, dropped),
];

/** Sections 5.2 and 6.1, certificates. */
export const identityCases: readonly JudgeCase[] = [
  ...toServers,
  ...sameCertificate,
  ...threeCertificates,
  ...identifiers,
  ...keySizes,
];
