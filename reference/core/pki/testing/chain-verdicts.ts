import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../bytes.ts';
import { certificateOf, firstRefusal, peerChecks, type Subject } from '../../csl/checks.ts';
import { numberOf } from '../../csl/party.ts';
import { toPem } from '../../keystore/pem.ts';
import { sha256 } from '../../primitives/hash.ts';
import { fault } from '../../result.ts';
import type { Certificate } from '../certificate.ts';
import { verifyAuthority, verifyChain } from '../chain.ts';
import { vectorNumber, vectorSecond, type MadeChain } from './chain-plan.ts';
import { testNow } from './hierarchy.ts';
import { runOpenSsl } from './openssl.ts';

/** What the appliance says of a phone's certificate, which has to be for the number. */
export const byAppliance = ({ leaf, authority, root }: MadeChain): string => {
  const verified = verifyChain({ kind: 'client', leaf, authority, root }, testNow);
  if (!verified.ok) {
    const { code, detail } = verified.error;
    return code.endsWith('-form') && detail ? `${code} (${detail})` : code;
  }
  const number = numberOf(verified.value.commonNames);
  if (!number.ok) return number.error.code;
  return number.value === vectorNumber ? 'accepted' : 'another number';
};

/** Checks of a received certificate; the others are of the exchange around it. */
const certificateChecks = new Set(
  'from-chain certificate-form key common-name key-identifier identity issuer validity'.split(' '),
);

/** What the other phone says of it in the key agreement (I-2), with the authority in its store. */
export const byPhone = (made: MadeChain, phone: Certificate): string => {
  const { leaf, root, authority } = made;
  const stored = verifyAuthority({ kind: 'client', authority, root }, testNow);
  if (!stored.ok) return stored.error.code;
  const number = numberOf(phone.commonNames);
  if (!number.ok) throw new Error(number.error.code);
  const sign = (): Uint8Array => new Uint8Array();
  const subject: Subject = {
    message: { faults: new Set(), certificate: leaf, chain: authority },
    media: fault('none'),
    certificate: certificateOf(leaf),
    chain: stored.value,
    own: { certificate: phone, authority: stored.value, number: number.value, sign },
    clientAuthorities: [stored.value],
    now: testNow,
    underWay: [],
    revocation: 'good',
    previous: undefined,
    requiredNumber: vectorNumber,
    addressed: true,
    transcript: new Uint8Array(),
  };
  const checks = peerChecks.filter(({ code }) => certificateChecks.has(code));
  return firstRefusal(subject, checks)?.code ?? 'accepted';
};

/** What openssl is asked: everything as strictly as it can. */
export const opensslWords = ['-x509_strict', '-purpose', 'sslclient', '-auth_level', '2'] as const;

const batchKey = ({ root, authority, besides }: MadeChain): string =>
  [root, authority, ...besides].map((der) => toHex(sha256(der))).join();

/** The first thing said of a file in what a process said. */
const sayingsOf = (text: string): ReadonlyMap<string, string> => {
  const sayings = new Map<string, string>();
  for (const [, name = ''] of text.matchAll(/^(\d+\.pem): OK$/gm)) sayings.set(name, 'accepted');
  const errors = text.matchAll(
    /((?:(?!verification failed)[^])*?)error \S*?(\d+\.pem): verification failed/g,
  );
  for (const [, before = '', name = ''] of errors) {
    const [, reason] = /^error \d+ at -?\d+ depth lookup: (.*)$/m.exec(before) ?? [];
    sayings.set(name, reason ?? 'refused');
  }
  return sayings;
};

/** What `openssl verify` says of each chain; those of the same authorities share a process. */
export const byOpenSsl = async (chains: readonly MadeChain[]): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-chains-'));
  const pem = (name: string, ...ders: readonly Uint8Array[]): string => {
    const path = join(folder, name);
    writeFileSync(path, ders.map((der) => toPem('CERTIFICATE', der)).join(''));
    return path;
  };
  const batches = Map.groupBy(chains.keys(), (index) => {
    const chain = chains[index];
    return chain ? batchKey(chain) : '';
  });
  const said = new Map<string, string>();
  const verify = async (indices: readonly number[]): Promise<void> => {
    const [first = 0] = indices;
    const chain = chains[first];
    if (!chain) return;
    const files = indices.map((each) => pem(`${each}.pem`, chains[each]?.leaf ?? chain.leaf));
    const { text } = await runOpenSsl(
      ['verify', ...opensslWords, '-attime', String(vectorSecond / 1000)],
      ['-CAfile', pem(`root-${first}`, chain.root), '-no-CApath', '-no-CAstore'],
      ['-untrusted', pem(`others-${first}`, chain.authority, ...chain.besides), ...files],
    );
    for (const [name, saying] of sayingsOf(text.replaceAll(`${folder}/`, '')))
      said.set(name, saying);
  };
  const waiting = [...batches.values()].map((each) => [...each]);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await verify(next);
  };
  await Promise.all([work(), work(), work(), work()]);
  rmSync(folder, { recursive: true });
  return chains.map((_, index) => said.get(`${index}.pem`) ?? 'unreadable');
};
