import { equal } from '../../reference/core/bytes.ts';
import { displayedIdentifier } from '../../reference/core/csl/identifier.ts';
import { keyIdentifierOf } from '../../reference/core/pki/certificate.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';
import { fail, inconclusive, pass, type Scenario } from '../campaign/scenario.ts';
import { displaysSchema } from './activities/call-evidence.ts';
import { callActivity, onCapture } from './views/capture-view.ts';
import { onCall } from './views/call-view.ts';
import { usersOf } from './views/certificates.ts';
import { onExchange } from './views/exchange-view.ts';

const storedPath = (phone: string, file: string) =>
  `evidence/${callActivity}/stored/${phone}/${file}`;

/** Each stored certificate beside the authority of the run that it must be. */
const storedAuthorities = {
  root: 'root.pem',
  clientAuthority: 'client-authority.pem',
  serverAuthority: 'server-authority.pem',
} as const;

const judgeStored = onCapture(({ evidence, topology, facts }) => {
  const now = facts.startedAt ?? 0;
  for (const { name } of usersOf(topology)) {
    const ders: Record<string, Uint8Array> = {};
    for (const [kind, file] of Object.entries(storedAuthorities)) {
      const stored = parsePem(
        evidence.text(callActivity, `stored/${name}/${file}`) ?? '',
        'CERTIFICATE',
      );
      const given = parsePem(topology.trust[kind as keyof typeof storedAuthorities], 'CERTIFICATE');
      if (!stored.ok)
        return fail(
          `${name} does not store ${file}`,
          'three certificates: root and both intermediate authorities',
          `${file} is missing or no PEM`,
          [],
        );
      if (!given.ok || !equal(stored.value, given.value))
        return fail(
          `${name} stores another certificate as ${file}`,
          'the system’s own',
          'another',
          [storedPath(name, file)],
        );
      ders[kind] = stored.value;
    }
    const leaf = parsePem(
      evidence.text(callActivity, `stored/${name}/certificate.pem`) ?? '',
      'CERTIFICATE',
    );
    if (!leaf.ok) return inconclusive(`the certificate of ${name} is not among the evidence`);
    const { root, clientAuthority } = ders;
    if (!root || !clientAuthority)
      return inconclusive(`the authorities of ${name} are not among the evidence`);
    const chain = verifyChain(
      { kind: 'client', leaf: leaf.value, authority: clientAuthority, root },
      now,
    );
    if (!chain.ok)
      return fail(
        `the certificate of ${name} does not lead to its stored root`,
        'a chain that verifies',
        chain.error.code,
        [storedPath(name, 'certificate.pem')],
      );
  }
  return pass(
    'both phones store root, client authority and server authority, and their own certificates lead to them',
    [storedPath(topology.caller.name, 'root.pem'), storedPath(topology.callee.name, 'root.pem')],
  );
});

/** The whole form of an identifier as target 5.2 and I-10 show it. */
const judgeIdentifiers = onExchange((view) => {
  const displays = view.evidence.json(callActivity, 'displays.json', displaysSchema);
  const path = `evidence/${callActivity}/displays.json`;
  if (!displays) return inconclusive('what the phones showed is not among the evidence');
  const wanted = {
    caller: displayedIdentifier(keyIdentifierOf(view.offer.certificate)),
    callee: displayedIdentifier(keyIdentifierOf(view.answer.certificate)),
  };
  const shown = {
    caller: displays[view.topology.caller.name],
    callee: displays[view.topology.callee.name],
  };
  for (const [side, other] of [
    ['caller', 'callee'],
    ['callee', 'caller'],
  ] as const) {
    const identifiers = shown[side]?.identifiers;
    if (!identifiers) return inconclusive(`the ${side} showed no identifiers`, [path]);
    if (identifiers.local !== wanted[side] || identifiers.peer !== wanted[other])
      return fail(
        `the ${side} shows other identifiers`,
        `Local ${wanted[side]} Peer ${wanted[other]}`,
        `Local ${identifiers.local} Peer ${identifiers.peer}`,
        [path, view.path],
      );
  }
  return pass(
    `both phones show ${wanted.caller} and ${wanted.callee}, the first 16 bytes of the key identifiers of the certificates on the wire, crosswise`,
    [path, view.path],
  );
});

/** Every layer of the call must name the same two users. */
const judgeSameUsers = onExchange((view) => {
  for (const [leg, side, name] of [
    [view.caller, view.offer, 'caller'],
    [view.callee, view.answer, 'callee'],
  ] as const) {
    if (!equal(leg.certificate.der, side.certificate.der))
      return fail(
        `the ${name} authenticates with two certificates`,
        'the same in TLS and in X-CSL-From',
        'two',
        [view.path],
      );
  }
  return pass('each user authenticated to the server and to the peer with the same certificate', [
    view.path,
  ]);
});

const judgeSeen = onCall(({ caller, callee, path }) => {
  const unproved = [caller, callee].find(({ session }) => !session.clientCertificateVerify);
  if (unproved)
    return inconclusive(`no CertificateVerify of ${unproved.number} in the capture`, [path]);
  return pass(
    'both users proved the key of a certificate with their number to the signalling server',
    [path],
  );
});

const base = { revision: 1, activities: [callActivity], needs: ['call'] } as const;

/** Section 5.2: authentication. */
export const sectionFiveTwo: readonly Scenario[] = [
  { ...base, id: '5.2/to-servers', claims: ['5.2.a'], judge: judgeSeen },
  { ...base, id: '5.2/same-certificate', claims: ['5.2.a'], judge: judgeSameUsers },
  {
    ...base,
    id: '5.2/three-certificates',
    claims: ['5.2.b'],
    needs: ['export-stored-files'],
    judge: judgeStored,
  },
  {
    ...base,
    id: '5.2/identifiers',
    claims: ['5.2.e'],
    needs: ['show-identifiers'],
    judge: judgeIdentifiers,
  },
];
