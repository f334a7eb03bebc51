import { rootCertificates } from 'node:tls';
import { concat } from '../../../reference/core/bytes.ts';
import {
  alterCommonName,
  certificatesInPem,
  forgeAuthority,
  nameOf,
  type CertifiedKey,
} from '../../../simulators/attackers/certificate-forger.ts';
import type { ClientIdentity } from '../../../simulators/attackers/tls-client/client-model.ts';
import { makeRequest, serialize } from '../../../reference/core/sip/message/message.ts';
import { sipHost, sipToken } from '../../../simulators/attackers/sip-dialog.ts';
import { attempt } from '../../../simulators/attackers/tls-client/trial.ts';
import {
  rightFields,
  writeFields,
  type CertificateFields,
} from '../../../simulators/attackers/x509-fields.ts';
import { rsaKey } from '../../../simulators/attackers/x509-hierarchy.ts';
import type { Activity } from '../../campaign/activity.ts';
import { portActivity, type PortAttempt } from './certificate-evidence.ts';
import { enrolAttacker, portsOf, trialOf } from './tls-ports.ts';

/** The attacker's own number, and the one whose certificates it makes itself; of the range kept for fiction. */
const number = '+33639980214';
const victim = '+33639980215';

/** Certificates of a very long chain. */
const longChain = 60;

/** What is shown, by row and name; `tolerable` where it is the attacker's own certificate in other bytes. */
interface Shown {
  readonly row: string;
  readonly name: string;
  readonly tolerable: boolean;
  readonly identity: ClientIdentity;
}

/** What an outsider, and a user with a right certificate, can show. */
interface Means {
  readonly own: ClientIdentity;
  readonly clientAuthority: Uint8Array;
  readonly serverAuthority: Uint8Array;
  readonly key: CertifiedKey['key'];
  readonly rogueClients: CertifiedKey;
  readonly rogueServers: CertifiedKey;
}

const leafOf = (
  { own }: Means,
  issuer: CertifiedKey,
  change: (fields: CertificateFields) => Partial<CertificateFields> = () => ({}),
  role: 'client' | 'server' = 'client',
): Uint8Array => {
  const fields = rightFields({ role, name: victim, key: own.privateKey, issuer });
  return writeFields({ ...fields, ...change(fields) });
};

const loopOf = (key: CertifiedKey['key'], likeness: Uint8Array): readonly CertifiedKey[] => {
  const authority = (name: string, issuerName: Uint8Array): CertifiedKey => {
    const issuer = { key, certificate: likeness };
    const fields = rightFields({ role: 'authority', name, key, issuer });
    return { key, certificate: writeFields({ ...fields, issuer: issuerName }) };
  };
  return [authority('Loop A', nameOf('Loop B')), authority('Loop B', nameOf('Loop A'))];
};

/** Everything that is shown beside the attacker's own certificate. */
const forgeries = (means: Means): readonly Shown[] => {
  const { own, key, clientAuthority, serverAuthority, rogueClients, rogueServers } = means;
  const { privateKey } = own;
  const [certificate = new Uint8Array(0)] = own.chain;
  const [publicAuthority = new Uint8Array(0)] = certificatesInPem(rootCertificates[0] ?? '');
  const [loopA, loopB] = loopOf(key, clientAuthority);
  const shown = (
    row: string,
    name: string,
    chain: readonly (Uint8Array | undefined)[],
    tolerable = false,
  ): Shown => ({
    row,
    name,
    tolerable,
    identity: { privateKey, chain: chain.filter((each) => each !== undefined) },
  });
  const asUser = { key: privateKey, certificate };
  const claimed = (authority: Uint8Array): CertifiedKey => ({ key, certificate: authority });
  const selfSigned = leafOf(means, asUser, () => ({ issuer: nameOf(victim) }));
  return [
    shown('X1', 'server-certificate', [
      leafOf(means, rogueServers, undefined, 'server'),
      rogueServers.certificate,
    ]),
    shown('X2', 'rogue-server-authority', [leafOf(means, rogueServers), rogueServers.certificate]),
    shown('X2', 'server-authority-named', [
      leafOf(means, claimed(serverAuthority)),
      serverAuthority,
    ]),
    shown('X3', 'user-as-authority', [leafOf(means, asUser), certificate, clientAuthority]),
    shown('X3', 'user-as-authority-unseen', [
      leafOf(means, { key: privateKey, certificate: clientAuthority }),
      clientAuthority,
    ]),
    shown('X11', 'common-name-altered', [alterCommonName(certificate, victim), clientAuthority]),
    shown('X11', 'long-length', [longLength(certificate), clientAuthority], true),
    shown('X12', 'self-signed-authority', [leafOf(means, rogueClients), rogueClients.certificate]),
    shown('X12', 'self-signed-leaf', [selfSigned]),
    shown('X12', 'loop', [
      loopA && leafOf(means, loopA),
      loopA?.certificate,
      loopB?.certificate,
      loopA?.certificate,
    ]),
    shown('X12', 'very-long', [
      leafOf(means, rogueClients),
      ...Array.from({ length: longChain }, () => rogueClients.certificate),
    ]),
    shown('X13', 'public-authority', [leafOf(means, claimed(publicAuthority)), publicAuthority]),
  ];
};

/** The outer length in one byte more than DER allows. */
const longLength = (der: Uint8Array): Uint8Array => {
  const content = der.subarray(4);
  const { length } = content;
  return concat(Uint8Array.of(0x30, 0x83, 0, length >> 8, length & 0xff), content);
};

/** A REGISTER for a number, as whoever holds its certificate would send it. */
const registration = (host: string, of: string): Uint8Array => {
  const domain = sipHost(host);
  const address = `<sip:${of}@${domain}>`;
  return serialize(
    makeRequest('REGISTER', `sip:${domain}`, [
      ['Via', `SIP/2.0/TLS ${domain};rport;branch=z9hG4bK${sipToken()}`],
      ['Max-Forwards', '70'],
      ['From', `${address};tag=${sipToken()}`],
      ['To', address],
      ['Call-ID', sipToken()],
      ['CSeq', '1 REGISTER'],
      ['Contact', `<sip:${of}@${domain}:5061;transport=tls>`],
      ['Expires', '60'],
    ]),
  );
};

/** A user of the appliance, and anyone else, shows the SIP port certificates that it must not take. */
export const certificatePort: Activity = {
  id: portActivity,
  title: 'a user and an outsider show the SIP port certificates of their own making',
  effect: 'enrols one number and opens some twenty TLS connections with forged certificates',
  disturbs: false,
  needs: ['enrol', 'read-token', 'refusal-log'],
  expected: 1_000,
  after: [],
  captured: false,
  async run(world) {
    const appliance = await world.appliance();
    const at = await appliance.describe();
    const [attacker, key] = await Promise.all([enrolAttacker(world, at, number), rsaKey()]);
    const [sip] = portsOf(at, attacker);
    const [clientAuthority] = certificatesInPem(at.trust.clientAuthority);
    const [serverAuthority] = certificatesInPem(at.trust.serverAuthority);
    const own = attacker.identity;
    if (!sip || !own || !clientAuthority || !serverAuthority)
      throw new Error('the target’s description lacks a port or an authority');
    const control = { row: '', name: 'control', tolerable: false, identity: own };
    const means = {
      own,
      clientAuthority,
      serverAuthority,
      key,
      rogueClients: forgeAuthority(clientAuthority),
      rogueServers: forgeAuthority(serverAuthority),
    };
    const attempts: PortAttempt[] = [];
    for (const { identity, ...named } of [control, ...forgeries(means), control]) {
      const before = (await appliance.refusals()).length;
      const claimed = identity.chain[0] === own.chain[0] || named.tolerable ? number : victim;
      const { outcome } = await attempt(
        trialOf(sip, {
          settings: { hello: sip.honest.hello, identity },
          request: () => registration(at.sip.host, claimed),
        }),
      );
      const refusals = (await appliance.refusals()).slice(before).map(({ code }) => code);
      const { answer, end, established, alerts } = outcome;
      attempts.push({
        ...named,
        answer,
        end,
        established,
        alerts: alerts.map(({ description }) => description),
        refusals,
      });
    }
    await world.write('port.json', attempts);
  },
};
