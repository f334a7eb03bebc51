import type * as fc from 'fast-check';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import { derElement, derObjectIdentifier } from '../../reference/core/pki/der-write.ts';
import { derTag, parseDer, type DerNode } from '../../reference/core/pki/der.ts';
import {
  byteKinds,
  changedBytes,
  mutatedCases,
  type MutatedCase,
  type Mutation,
} from './mutations.ts';

/** An element that can be changed and written again, lengths following; or bytes that stand for one. */
interface Tree {
  tag: number;
  /** Of a primitive element; what stands before the elements inside a BIT STRING. */
  content: Uint8Array;
  children: Tree[];
  /** How the length is written: the one DER way, or ways that DER forbids. */
  form: 'der' | 'long' | 'indefinite' | 'short-by-one' | 'long-by-one';
}

const insideOf = ({ tag, content }: DerNode): DerNode | undefined => {
  const skipped = tag === derTag.bitString && content[0] === 0 ? 1 : 0;
  if (tag !== derTag.octetString && skipped === 0) return undefined;
  const inner = parseDer(content, skipped);
  return inner.ok ? inner.value : undefined;
};

const treeOf = (node: DerNode): Tree => {
  const inside = insideOf(node);
  const nested = inside ? [inside] : node.children;
  const prefix = inside && node.tag === derTag.bitString ? node.content.subarray(0, 1) : undefined;
  return {
    tag: node.tag,
    content: prefix ?? (nested.length > 0 ? new Uint8Array() : node.content),
    children: nested.map(treeOf),
    form: 'der',
  };
};

const copyOf = (tree: Tree): Tree => ({ ...tree, children: tree.children.map(copyOf) });

const encode = ({ tag, content, children, form }: Tree): Uint8Array => {
  const inside = concat(content, ...children.map(encode));
  const { length } = inside;
  if (form === 'long')
    return concat(Uint8Array.of(tag, 0x83, length >> 16, length >> 8, length), inside);
  if (form === 'indefinite') return concat(Uint8Array.of(tag, 0x80), inside, new Uint8Array(2));
  const whole = derElement(tag, inside);
  const lengthAt = whole.length - length - 1;
  if (form !== 'der') whole[lengthAt] = (whole[lengthAt] ?? 0) + (form === 'short-by-one' ? -1 : 1);
  return whole;
};

const nodesOf = (tree: Tree, found: Tree[] = []): Tree[] => {
  found.push(tree);
  for (const child of tree.children) nodesOf(child, found);
  return found;
};

const parentOf = (nodes: readonly Tree[], node: Tree): Tree | undefined =>
  nodes.find(({ children }) => children.includes(node));

const plain = (tag: number, content: Uint8Array, children: Tree[] = []): Tree => ({
  tag,
  content,
  children,
  form: 'der',
});

/** Values that mean something in certificates, lists and answers, right and wrong ones. */
const values: readonly Uint8Array[] = [
  ...'2.5.29.14 2.5.29.15 2.5.29.17 2.5.29.19 2.5.29.20 2.5.29.21 2.5.29.30 2.5.29.35 2.5.29.37 2.5.4.3 1.2.840.113549.1.1.11 1.2.840.113549.1.1.1 1.2.840.10045.2.1 1.3.6.1.5.5.7.48.1.2 1.3.14.3.2.26 1.2.3.4'
    .split(' ')
    .map(derObjectIdentifier),
  ...[0, 1, 2, 5, 6, 10].map((number) => derElement(derTag.enumerated, Uint8Array.of(number))),
  ...[[0], [1], [2], [3], [0x80], [0, 0x80], [0, 1], [0x7f, 1]].map((octets) =>
    derElement(derTag.integer, Uint8Array.from(octets)),
  ),
  derElement(derTag.integer, new Uint8Array(21).fill(5)),
  derElement(derTag.integer, new Uint8Array(70).fill(5)),
  ...[0, 1, 255].map((octet) => derElement(derTag.boolean, Uint8Array.of(octet))),
  derElement(derTag.null),
  derElement(derTag.null, Uint8Array.of(0)),
  ...['491231235959Z', '500101000000Z', '261123120000Z', '2611231200Z', '260230120000Z'].map(
    (text) => derElement(derTag.utcTime, utf8(text)),
  ),
  ...['20261123120000Z', '20501123120000Z', '20261123120000.5Z', '99991231235959Z'].map((text) =>
    derElement(derTag.generalizedTime, utf8(text)),
  ),
  derElement(derTag.utf8String, utf8('+33612345678')),
  derElement(derTag.utf8String, Uint8Array.of(0xc3, 0x28)),
  derElement(derTag.printableString, utf8('@')),
  derElement(derTag.bitString, Uint8Array.of(1, 6)),
  derElement(derTag.bitString, Uint8Array.of(9, 6)),
  derElement(derTag.bitString, Uint8Array.of(0)),
  derElement(derTag.octetString),
  derElement(derTag.sequence),
  derElement(derTag.set),
  derElement(0xa0),
  derElement(0x82, utf8('phone.example')),
  derElement(0x87, Uint8Array.of(127, 0, 0, 1)),
];

const putInto = (node: Tree, bytes: Uint8Array): void => {
  const parsed = parseDer(bytes);
  const tree = parsed.ok ? treeOf(parsed.value) : plain(bytes[0] ?? 0, bytes.subarray(2));
  Object.assign(node, tree);
};

const tags = [
  1, 2, 3, 4, 5, 6, 10, 12, 19, 23, 24, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3,
];

type TreeChange = (
  nodes: readonly Tree[],
  node: Tree,
  value: number,
  pool: readonly Tree[],
) => void;

const insert = (nodes: readonly Tree[], node: Tree, put: Tree): void => {
  const parent = parentOf(nodes, node);
  parent?.children.splice(parent.children.indexOf(node), 0, put);
};

const padded: Readonly<Record<string, Tree['form']>> = {
  0: 'long',
  1: 'indefinite',
  2: 'short-by-one',
  3: 'long-by-one',
};

const treeChanges: readonly TreeChange[] = [
  (_nodes, node, value) => (node.tag = tags[value % tags.length] ?? 0),
  (_nodes, node, value) => (node.tag = value & 0xff),
  (_nodes, node, value) => {
    const at = value % Math.max(node.content.length, 1);
    const content = node.content.slice();
    if (at < content.length) content[at] = (content[at] ?? 0) ^ (1 << ((value >> 8) & 7));
    node.content = content;
  },
  (nodes, node) => {
    const parent = parentOf(nodes, node);
    parent?.children.splice(parent.children.indexOf(node), 1);
  },
  (nodes, node) => insert(nodes, node, copyOf(node)),
  (nodes, node) => {
    const siblings = parentOf(nodes, node)?.children ?? [];
    const at = siblings.indexOf(node);
    const next = siblings[at + 1];
    if (next) siblings.splice(at, 2, next, node);
  },
  (_nodes, node, value, pool) => Object.assign(node, copyOf(pool[value % pool.length] ?? node)),
  (nodes, node, value, pool) => insert(nodes, node, copyOf(pool[value % pool.length] ?? node)),
  (_nodes, node, value) => putInto(node, values[value % values.length] ?? new Uint8Array()),
  (_nodes, node, value) => putInto(node, values[value % values.length] ?? new Uint8Array()),
  (nodes, node, value) => {
    const put = plain(0, new Uint8Array());
    putInto(put, values[value % values.length] ?? new Uint8Array());
    insert(nodes, node, put);
  },
  (_nodes, node) => {
    node.content = new Uint8Array();
    node.children = [];
  },
  (_nodes, node, value) => {
    node.content = concat(node.content, new Uint8Array(value % 16 === 0 ? 20_000 : 30).fill(value));
  },
  (_nodes, node, value) => (node.form = padded[value % 4] ?? 'long'),
  (_nodes, node, value) => {
    for (let depth = value % 16 === 0 ? 30 : 1; depth > 0; depth -= 1)
      Object.assign(node, plain(tags[11 + (value % 2)] ?? 0x30, new Uint8Array(), [copyOf(node)]));
  },
  (_nodes, node, value) => {
    node.content = concat(Uint8Array.of(value % 2 === 0 ? 0 : 0xff), node.content);
  },
];

const kinds = byteKinds + 3 * treeChanges.length;

/** DER to be changed element by element, lengths kept right, and byte by byte. */
export interface DerGrammar {
  readonly cases: fc.Arbitrary<MutatedCase>;
  bytes(made: MutatedCase): Uint8Array;
}

/** A grammar over encodings that are DER. */
export const derGrammar = (bases: readonly Uint8Array[]): DerGrammar => {
  const trees = bases.map((base) => {
    const parsed = parseDer(base);
    if (!parsed.ok) throw new TypeError(`base: ${parsed.error.code}; give DER`);
    return treeOf(parsed.value);
  });
  const pool = trees.flatMap((tree) => nodesOf(tree));
  const changed = (tree: Tree, [kind, at, value]: Mutation): void => {
    const nodes = nodesOf(tree);
    const node = nodes[at % nodes.length];
    if (node) treeChanges[(kind - byteKinds) % treeChanges.length]?.(nodes, node, value, pool);
  };
  return {
    cases: mutatedCases(bases.length, kinds),
    bytes: ({ base, mutations, free }) => {
      const original = trees[base % trees.length];
      if (free || !original) return free ?? new Uint8Array();
      const ofTree = mutations.filter(([kind]) => kind >= byteKinds);
      let bytes = bases[base % bases.length] ?? new Uint8Array();
      if (ofTree.length > 0) {
        const tree = copyOf(original);
        for (const mutation of ofTree) changed(tree, mutation);
        bytes = encode(tree);
      }
      return mutations
        .filter(([kind]) => kind < byteKinds)
        .reduce((each, mutation) => changedBytes(each, mutation, bases), bytes);
    },
  };
};
