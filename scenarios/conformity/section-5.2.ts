import { equal } from '../../reference/core/bytes.ts';
import { displayedIdentifier } from '../../reference/core/csl/identifier.ts';
import { keyIdentifierOf } from '../../reference/core/pki/certificate.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import { displaysSchema } from './activities/call-evidence.ts';
import { callActivity, onCapture, type CaptureView } from './views/capture-view.ts';
import { isNamed } from './views/call-view.ts';
import { storedCertificate, usersOf } from './views/certificates.ts';
import { everyClient } from './views/client-authentication.ts';
import { onSigned, type SignedView } from './views/signed-view.ts';
import { storedCertificates, storedFiles } from './views/stored-files.ts';
import { worst } from './views/worst.ts';

type User = CaptureView['topology']['caller'];

const authorities = [
  ['root', 'root'],
  ['clientAuthority', 'client authority'],
  ['serverAuthority', 'server authority'],
] as const;

const judgeAuthorities = ({ name }: User, { evidence, topology }: CaptureView): Finding | null => {
  const files = storedFiles(evidence, name);
  if (typeof files === 'string') return inconclusive(files);
  const stored = storedCertificates(files);
  const paths = files.map(({ path }) => path);
  return worst(
    authorities.map(([kind, title]) => {
      const own = parsePem(topology.trust[kind], 'CERTIFICATE');
      if (!own.ok) return inconclusive(`the system’s ${title} is not among the evidence`);
      return stored.some((der) => equal(der, own.value))
        ? null
        : fail(
            `${name} does not store the system’s ${title}`,
            'three certificates: root and both intermediate authorities',
            `${stored.length} certificates, not this one`,
            paths,
          );
    }),
  );
};

const judgeOwnChain = (
  { name, number }: User,
  { evidence, topology, facts }: CaptureView,
): Finding | null => {
  const leaf = storedCertificate(evidence, name);
  const authority = parsePem(topology.trust.clientAuthority, 'CERTIFICATE');
  const root = parsePem(topology.trust.root, 'CERTIFICATE');
  const path = `evidence/${callActivity}/stored/${name}/certificate.pem`;
  if (!leaf) return inconclusive(`the certificate of ${name} is not among the evidence`);
  if (!authority.ok || !root.ok || facts.startedAt === null)
    return inconclusive('the authorities’ certificates or the time are not among the evidence');
  const chain = verifyChain(
    { kind: 'client', leaf: leaf.der, authority: authority.value, root: root.value },
    facts.startedAt,
  );
  if (chain.ok && isNamed(leaf, number)) return null;
  return fail(
    `the certificate of ${name} does not lead to its stored root, or bears another number`,
    'a chain that verifies, for the user’s number',
    chain.ok ? 'another CommonName' : chain.error.code,
    [path],
  );
};

const judgeStored = onCapture((view) => {
  const users = usersOf(view.topology);
  const bad = worst(
    users.flatMap((user) => [judgeAuthorities(user, view), judgeOwnChain(user, view)]),
  );
  return (
    bad ??
    pass(
      'both phones store root, client authority and server authority, and their own certificates lead to them',
      users.map(({ name }) => `evidence/${callActivity}/stored/${name}/root.pem`),
    )
  );
});

const displaysPath = `evidence/${callActivity}/displays.json`;

type Side = 'caller' | 'callee';

const judgeDisplay = (
  view: SignedView,
  side: Side,
  wanted: { readonly local: string; readonly peer: string },
): Finding | null => {
  const paths = [displaysPath, view.path];
  const display = view.evidence.json(callActivity, 'displays.json', displaysSchema)?.[
    view.topology[side].name
  ];
  if (!display) return inconclusive(`what the ${side} showed is not among the evidence`, paths);
  // A person cannot tell a Call-ID; the capture holds one answered call only.
  if (display.callId !== view.callId && display.callId !== '')
    return inconclusive(`the ${side} does not report the call that was captured`, paths);
  const { identifiers, packetsReceived } = display;
  const expected = `Local ${wanted.local} Peer ${wanted.peer}`;
  if (!identifiers)
    return packetsReceived > 0
      ? fail(`the ${side} shows no identifiers though audio has come`, expected, 'none', paths)
      : inconclusive(`the ${side} showed no identifiers, and no audio had come`, paths);
  return identifiers.local === wanted.local && identifiers.peer === wanted.peer
    ? null
    : fail(
        `the ${side} shows other identifiers`,
        expected,
        `Local ${identifiers.local} Peer ${identifiers.peer}`,
        paths,
      );
};

/** The whole form of an identifier as target 5.2 and I-10 show it. */
const judgeIdentifiers = onSigned(
  (view) => {
    const caller = displayedIdentifier(keyIdentifierOf(view.offer.certificate));
    const callee = displayedIdentifier(keyIdentifierOf(view.answer.certificate));
    const paths = [displaysPath, view.path];
    if (caller === callee)
      return inconclusive(
        'both users have one key: who shows whose identifier cannot be told',
        paths,
      );
    const bad = worst([
      judgeDisplay(view, 'caller', { local: caller, peer: callee }),
      judgeDisplay(view, 'callee', { local: callee, peer: caller }),
    ]);
    return (
      bad ??
      pass(
        `both phones show ${caller} and ${callee}, the first 16 bytes of the key identifiers of the certificates on the wire, crosswise`,
        paths,
      )
    );
  },
  { fromOneSide: true },
);

/** Every layer of the call must name the same two users. */
const judgeSameUsers = onSigned(
  (view) => {
    const sides = [
      [view.caller, view.offer, 'caller'],
      [view.callee, view.answer, 'callee'],
    ] as const;
    const different = sides.find(
      ([leg, side]) => !equal(leg.certificate.der, side.certificate.der),
    );
    if (different)
      return fail(
        `the ${different[2]} authenticates with two certificates`,
        'the same in TLS and in X-CSL-From',
        'two',
        [view.path],
      );
    const unproved = sides.find(([, side]) => !side.signatureHolds);
    if (unproved)
      return fail(
        `the ${unproved[2]} does not prove the key of its certificate to its peer`,
        'a signature by its key',
        'none that verifies',
        [view.path],
      );
    return pass('each user authenticated to the server and to the peer with the same certificate', [
      view.path,
    ]);
  },
  { fromOneSide: true },
);

const judgeToServers = onCapture(
  (view) =>
    everyClient(view) ??
    pass(
      'both users, and nobody else, were served by the signalling server after proving the key of a certificate',
      [view.path],
    ),
);

const base = { revision: 2, activities: [callActivity], needs: ['call'] } as const;

/** Section 5.2: authentication. */
export const sectionFiveTwo: readonly Scenario[] = [
  { ...base, id: '5.2/to-servers', claims: ['5.2.a'], judge: judgeToServers },
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
