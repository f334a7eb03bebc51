import { equal, fromBase64, latin1 } from '../../reference/core/bytes.ts';
import { parsePem, parsePemChain } from '../../reference/core/keystore/pem.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import type { WireFacts } from '../wire/facts-model.ts';
import { topologySchema } from './activities/call-evidence.ts';
import { forgedRegistrationSchema, storageSchema } from './activities/first-use-evidence.ts';
import { callActivity, losses } from './views/capture-view.ts';
import { storedCertificate, usersOf } from './views/certificates.ts';
import { onEnrolments, type EnrolmentView } from './views/enrolment-view.ts';
import { worst } from './views/worst.ts';

/** The key asked for must be the one certified, and the one that the phone keeps. */
const judgeKey = (view: EnrolmentView, name: string, number: string): Finding | null => {
  const { enrolments, evidence, path } = view;
  const enrolment = enrolments.findLast((each) => each.number === number);
  const request = enrolment?.request;
  const stored = storedCertificate(evidence, name);
  const storedPath = `evidence/${callActivity}/stored/${name}/certificate.pem`;
  if (!request) return inconclusive(`the request of ${number} cannot be read`, [path]);
  const [leaf] = enrolment.deliveries.at(-1)?.chain ?? [];
  if (!leaf || !stored)
    return inconclusive(`the certificate of ${number} is not among the evidence`, [
      path,
      storedPath,
    ]);
  return [leaf, stored].every(({ publicKey }) => equal(publicKey.spki, request.publicKey.spki))
    ? null
    : fail(
        `the public key that ${number} sent is not the one certified`,
        'the public key of the request in the certificate',
        'another key',
        [path, storedPath],
      );
};

/** Requests must have gone to the registration service: HTTP inside a TLS session over TCP to its address. */
const judgeWay = ({ facts, topology, path }: EnrolmentView): Finding | null => {
  const { host, port } = topology.registration;
  const astray = facts.httpMessages.find(
    ({ message, to }) =>
      message.kind === 'request' &&
      latin1(message.body).includes('CERTIFICATE REQUEST') &&
      (to.port !== port || to.host !== host),
  );
  return astray
    ? fail(
        'a public key was sent elsewhere than to the registration service',
        `${host}:${port}`,
        `${astray.to.host}:${astray.to.port}`,
        [path],
      )
    : null;
};

const judgeTravel = onEnrolments((view) => {
  const { topology, path } = view;
  const bad = worst([
    judgeWay(view),
    ...usersOf(topology).map(({ name, number }) => judgeKey(view, name, number)),
  ]);
  if (bad) return bad;
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [path]);
  const { host, port } = topology.registration;
  return pass(
    `each user’s public key passed in its request, over TCP to ${host}:${port}, and is the one of its certificate`,
    [path],
  );
});

const activity = 'first-use';
const folder = `evidence/${activity}`;

/** Certificates in a phone's storage, null where the storage is not among the evidence. */
const certificatesIn = (evidence: Evidence, path: string): readonly Uint8Array[] | null => {
  const storage = evidence.json(activity, path, storageSchema);
  return (
    storage?.files.flatMap(({ base64 }) => {
      const bytes = fromBase64(base64);
      const chain = bytes.ok ? parsePemChain(latin1(bytes.value), 'CERTIFICATE') : bytes;
      return chain.ok ? chain.value : [];
    }) ?? null
  );
};

/** Whether a certificate passed over the network: in a handshake, at enrolment, or in SIP. */
const travelled = (facts: WireFacts, der: Uint8Array): boolean => {
  const base64 = Buffer.from(der).toString('base64');
  const inText = (bytes: Uint8Array) =>
    latin1(bytes)
      .replaceAll(/\\r|\\n|\s/g, '')
      .includes(base64);
  return (
    facts.tlsSessions.some(({ serverChain, clientChain }) =>
      [...serverChain, ...clientChain].includes(base64),
    ) ||
    facts.httpMessages.some(({ message }) => inText(message.body)) ||
    facts.sipMessages.some(({ raw }) => inText(raw))
  );
};

/** Codes by which a phone says that a server's certificate was the reason. */
const reasons = ['tls/chain', 'tls/issuer', 'tls/server-auth'];

/** A phone that has received nothing yet can tell a forged server from the true one only by a key that it brought along. */
const judgeForged = (evidence: Evidence): Finding | null => {
  const path = `${folder}/forged-registration.json`;
  const forged = evidence.json(activity, 'forged-registration.json', forgedRegistrationSchema);
  if (!forged) return inconclusive('the visit to a forged server is not among the evidence');
  const { requested, refusal, codes, server } = forged;
  if (server.connections === 0)
    return inconclusive(`the phone never reached the forged server: ${refusal}`, [path]);
  if (requested || server.bytes > 0)
    return fail(
      'a phone fresh from the box trusts a registration server that its authorities did not certify',
      'refused before anything is sent',
      `${server.bytes} bytes sent`,
      [path],
    );
  return codes.some((code) => reasons.includes(code)) || /certificat/i.test(refusal)
    ? null
    : inconclusive(`the forged server was left for another reason: ${refusal}`, [path]);
};

const trustKinds = ['root', 'clientAuthority', 'serverAuthority'] as const;

const judgeShipped = (evidence: Evidence): Finding => {
  const topology = evidence.json(activity, 'topology.json', topologySchema);
  const before = certificatesIn(evidence, 'stored-before.json');
  const after = certificatesIn(evidence, 'stored-after.json');
  const wire = evidence.wire(activity);
  if (!topology || !before || !after)
    return inconclusive('what the phone stored is not among the evidence');
  if (wire.kind === 'missing') return inconclusive(wire.reason);
  const own = trustKinds.map((kind) => ({
    kind,
    der: parsePem(topology.trust[kind], 'CERTIFICATE'),
  }));
  const paths = [wire.path, `${folder}/stored-before.json`, `${folder}/stored-after.json`];
  const bad = worst([
    judgeForged(evidence),
    ...own.map(({ kind, der }) => {
      if (!der.ok) return inconclusive(`the system’s ${kind} is not among the evidence`);
      return after.some((each) => equal(each, der.value))
        ? null
        : fail(`the enrolled phone does not have the ${kind}`, 'all three', 'not this one', paths);
    }),
  ]);
  if (bad) return bad;
  const lost = losses({ evidence, facts: wire.facts, activity });
  if (lost !== null) return inconclusive(lost, paths);
  const [root] = own;
  if (root?.der.ok === true && travelled(wire.facts, root.der.value))
    return inconclusive(
      'the root’s certificate passed over the network: whether the phone took it from there cannot be told',
      paths,
    );
  return pass(
    `a phone fresh from the box, which had received nothing, refused a registration server that its authorities did not certify, and enrolled at the true one; the root’s certificate never passed over the network (it stored ${before.length} certificates before, all three authorities’ after)`,
    paths,
  );
};

/** Section 6.1: how public keys travel. */
export const travelScenarios: readonly Scenario[] = [
  {
    id: '6.1/public-key-to-registration',
    revision: 1,
    claims: ['6.1.b'],
    activities: [callActivity],
    needs: ['call', 'export-stored-files'],
    judge: judgeTravel,
  },
  {
    id: '6.1/authorities-shipped',
    revision: 1,
    claims: ['6.1.b'],
    activities: [activity],
    needs: ['enrol', 'export-stored-files'],
    judge: judgeShipped,
  },
];
