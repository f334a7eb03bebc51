import { nameOf } from '../../../../simulators/attackers/certificate-forger.ts';
import {
  derBitString,
  derElement,
  derOid,
  derSequence,
  readDer,
} from '../../../../simulators/attackers/der.ts';
import { concat, utf8 } from '../../bytes.ts';
import {
  authorityName,
  atEachLevel,
  both,
  casesOf,
  finished,
  followedBy,
  issuer,
  makeChain,
  rootName,
  signedWith,
  subject,
  vectorNumber,
  withKey,
  type ChainCase,
} from './chain-plan.ts';

const contentOf = (der: Uint8Array): Uint8Array => der.subarray(readDer(der)?.contentStart ?? 0);

const indefinite = (der: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(0x30, 0x80), contentOf(der), Uint8Array.of(0, 0));
const longLength = (der: Uint8Array): Uint8Array => {
  const content = contentOf(der);
  return concat(Uint8Array.of(0x30, 0x83, 0, content.length >> 8, content.length & 255), content);
};
const constructedBits = (fields: { readonly publicKey: Uint8Array }): Uint8Array => {
  const content = contentOf(fields.publicKey);
  const algorithm = readDer(content);
  const bits = content.subarray(algorithm?.end ?? 0);
  return derSequence(content.subarray(0, algorithm?.end ?? 0), derElement(0x23, bits));
};

const encodings = casesOf('encoding', {
  ...atEachLevel('a byte behind', finished(followedBy(0))),
  ...atEachLevel('length in too many bytes', finished(longLength)),
  ...atEachLevel('indefinite length', finished(indefinite)),
  'leaf: cut short': { leaf: finished((der) => der.slice(0, -1)) },
  'leaf: empty': { leaf: finished(() => new Uint8Array()) },
  'leaf: TRUE as 01': { leaf: () => ({ critical: Uint8Array.of(1, 1, 1) }) },
  'leaf: FALSE written out': { leaf: () => ({ critical: Uint8Array.of(1, 1, 0) }) },
  'leaf: serial padded': { leaf: () => ({ serial: Uint8Array.of(2, 2, 0, 3) }) },
  'leaf: NULL parameters of one byte': {
    leaf: () => ({
      algorithm: derSequence(derOid('1.2.840.113549.1.1.11'), Uint8Array.of(5, 1, 0)),
    }),
  },
  'leaf: subjectPublicKey constructed': {
    leaf: (fields) => ({ publicKey: constructedBits(fields) }),
  },
  'leaf: subject’s set out of order': {
    leaf: () => ({
      subject: derSequence(
        derElement(
          0x31,
          derSequence(derOid('2.5.4.10'), derElement(0x0c, utf8('Organisation'))),
          derSequence(derOid('2.5.4.3'), derElement(0x0c, utf8(vectorNumber))),
        ),
      ),
    }),
  },
  'leaf: a byte behind the extension’s value': {
    leaf: ({ extensions }) => ({
      extensions: extensions.map((each) => ({ ...each, value: followedBy(0)(each.value) })),
    }),
  },
  'leaf: signature with unused bits': {
    leaf: (fields) => ({
      finish: (der) => {
        const toBeSigned = readDer(contentOf(der));
        const signature = fields.sign(contentOf(der).subarray(0, toBeSigned?.end));
        const even = signature.map((byte, at) => (at === 255 ? byte & 0xfe : byte));
        const rest = contentOf(der).subarray(0, -(signature.length + 5));
        return derSequence(rest, derBitString(even, 1));
      },
    }),
  },
});

/** Certificates beside the three, and chains that lead in a circle. */
const shape: readonly ChainCase[] = [
  {
    group: 'shape',
    title: 'many certificates besides',
    make: (keys) => {
      const chain = makeChain(keys, {});
      const { authority } = makeChain(keys, { authority: subject(nameOf('Another')) });
      return { ...chain, besides: Array.from({ length: 8 }, () => authority) };
    },
  },
  {
    group: 'shape',
    title: 'authority with the root behind it in one value',
    make: (keys) => {
      const chain = makeChain(keys, {});
      return { ...chain, authority: concat(chain.authority, chain.root) };
    },
  },
  {
    group: 'shape',
    title: 'root in the place of the authority',
    make: (keys) => {
      const chain = makeChain(keys, { leaf: both(issuer(nameOf(rootName)), signedWith('root')) });
      return { ...chain, authority: chain.root };
    },
  },
  {
    group: 'shape',
    title: 'authority in the place of the root',
    make: (keys) => {
      const chain = makeChain(keys, {});
      return { ...chain, root: chain.authority };
    },
  },
  {
    group: 'shape',
    title: 'leaf in the place of the authority',
    make: (keys) => {
      const chain = makeChain(keys, {
        leaf: both(issuer(nameOf(vectorNumber)), signedWith('leaf')),
      });
      return { ...chain, authority: chain.leaf };
    },
  },
  {
    group: 'shape',
    title: 'authority issued by its own subordinate, in a circle',
    make: (keys) => {
      const around = makeChain(keys, {
        authority: both(issuer(nameOf('Circle')), signedWith('other')),
      });
      const circle = makeChain(keys, {
        authority: both(
          subject(nameOf('Circle')),
          issuer(nameOf(authorityName)),
          withKey('other'),
          signedWith('authority'),
        ),
      });
      return { ...around, besides: [circle.authority] };
    },
  },
  {
    group: 'shape',
    title: 'a further authority between authority and leaf',
    make: (keys) => {
      const chain = makeChain(keys, {
        leaf: both(issuer(nameOf('Below')), signedWith('other')),
      });
      const below = makeChain(keys, {
        authority: both(
          subject(nameOf('Below')),
          issuer(nameOf(authorityName)),
          withKey('other'),
          signedWith('authority'),
        ),
      });
      return { ...chain, besides: [below.authority] };
    },
  },
  {
    group: 'shape',
    title: 'a user as authority of another user',
    make: (keys) => {
      const chain = makeChain(keys, {
        leaf: both(issuer(nameOf('+33639989902')), signedWith('other')),
      });
      const user = makeChain(keys, {
        leaf: both(subject(nameOf('+33639989902')), withKey('other')),
      });
      return { ...chain, besides: [user.leaf] };
    },
  },
];

/** Cases of how certificates are encoded, and of chains of other shapes. */
export const encodingCases: readonly ChainCase[] = [...encodings, ...shape];
