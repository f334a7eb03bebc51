import type { Opening, PublicKeySize, StoredKeyFile, StoredKeyPolicy } from './evidence.ts';
import { row, type Finding, type StoredKeyClaim } from './finding.ts';
import { faultRow, objectRows } from './protection-findings.ts';

const encodingRows = ({ facts }: StoredKeyFile, hasKey: boolean): readonly Finding[] => {
  const value = { pem: 'PEM', der: 'DER', other: 'neither PEM nor DER' }[facts.encoding];
  const claims: readonly StoredKeyClaim[] = hasKey ? ['6.1.c', '5.3.a'] : ['6.1.c'];
  const place = { within: 'file', offset: 0 } as const;
  const encoding = row(claims, 'encoding', { value, place, expected: 'PEM' });
  if (facts.encoding !== 'pem') return [encoding];
  return [encoding, ...facts.faults.map((fault) => faultRow(claims, fault))];
};

/** Kind and size of a key in words. */
const sizeText = ({ algorithm, bits, exponent }: PublicKeySize): string =>
  bits === null ? algorithm : `${algorithm} ${bits}, exponent ${exponent}`;

const sizeWanted = ({ modulusBits, exponent }: StoredKeyPolicy): string =>
  sizeText({ algorithm: 'RSA', bits: modulusBits, exponent });

/** Whether a public key has the policy's size: claim 6.1.a. */
export const sizeFinding = (
  publicKey: PublicKeySize,
  policy: StoredKeyPolicy,
  parameter = 'public key',
): Finding => {
  const { bits, exponent } = publicKey;
  const data = { value: sizeText(publicKey), place: null, expected: sizeWanted(policy) };
  return row(
    ['6.1.a'],
    parameter,
    data,
    bits === policy.modulusBits && exponent === policy.exponent,
  );
};

const openingRow = (opening: Opening, policy: StoredKeyPolicy): readonly Finding[] => {
  switch (opening.kind) {
    case 'none':
      return [];
    case 'public':
      return [sizeFinding(opening.publicKey, policy)];
    case 'closed': {
      const data = { place: null, expected: sizeWanted(policy), reason: opening.reason };
      return [
        {
          ...data,
          claims: ['6.1.a'],
          parameter: 'public key',
          value: 'unknown',
          kind: 'inconclusive',
        },
      ];
    }
    case 'opened': {
      const value =
        opening.with === 'nothing' ? 'needs no passphrase' : `opens with the ${opening.with}`;
      const open = { value, place: null, expected: 'a key that opens' };
      return [row([], 'private key', open, true), sizeFinding(opening.publicKey, policy)];
    }
  }
};

const belongingRow = ({ facts, openings }: StoredKeyFile): Finding => {
  const claims = ['3.1.a'] as const;
  const data = { place: null, expected: 'the key of the certificate' };
  const opened = openings.filter((opening) => opening.kind === 'opened');
  if (opened.some(({ belongs }) => belongs === false)) {
    const reason = 'the certificate’s public key does not verify what the stored key signs';
    return row(claims, 'certificate', { ...data, value: 'another key', reason }, false);
  }
  if (opened.some(({ belongs }) => belongs === true))
    return row(claims, 'certificate', { ...data, value: 'the same key' }, true);
  const keyAt = facts.objects.findIndex(({ content }) => content.kind !== 'no-private-key');
  const closed = openings[keyAt];
  const reason = closed?.kind === 'closed' ? closed.reason : 'holds no private key';
  return {
    ...data,
    claims,
    parameter: 'certificate',
    value: 'not compared',
    kind: 'inconclusive',
    reason,
  };
};

/**
 * Everything that one file shows, in the order of the file, each with the claims it counts for. In a file that has a private
 * key too, what else it holds says nothing of how the key is kept.
 */
export const findingsOf = (
  file: StoredKeyFile,
  withCertificate: boolean,
  policy: StoredKeyPolicy,
): readonly Finding[] => {
  const { objects } = file.facts;
  const hasKey = objects.some(({ content }) => content.kind !== 'no-private-key');
  const relevant = objects.filter(({ content }) => !hasKey || content.kind !== 'no-private-key');
  return [
    ...encodingRows(file, hasKey),
    ...relevant.flatMap((object) => objectRows(object, policy)),
    ...file.openings.flatMap((opening) => openingRow(opening, policy)),
    ...(withCertificate ? [belongingRow(file)] : []),
  ];
};
