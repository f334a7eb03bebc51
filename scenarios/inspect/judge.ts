import { readMessage } from '../../reference/core/csl/message.ts';
import { allHeaders, header } from '../../reference/core/sip/message/message.ts';
import { verdictKinds, type Verdict } from '../../reports/model/verdict.ts';
import { fail, inconclusive, pass } from '../campaign/scenario.ts';
import { codec, codecInSrtp, confidential, tags } from './audio.ts';
import { lossOf, unlessBlind, type Inspection, type Judge } from './completeness.ts';
import { keySizes, noClearSip, sessionJudges } from './sessions.ts';

interface Check {
  readonly claims: readonly string[];
  readonly judge: Judge;
}

const callKinds = [
  { name: 'INVITE', kind: 'offer' },
  { name: '200', kind: 'answer' },
] as const;

/** INVITEs and their 200s must carry the four headers as I-2 says. */
const callHeaders: Judge = ({ facts }) => {
  const messages = facts.sipMessages.filter(
    ({ message, session }) =>
      facts.tlsSessions[session]?.service === 'sip' &&
      /\bINVITE$/.test(header(message, 'CSeq') ?? ''),
  );
  const carriers = messages.flatMap(({ message }) => {
    const name = message.kind === 'request' ? message.method : String(message.status);
    const carrier = callKinds.find((candidate) => candidate.name === name);
    return carrier ? [{ ...carrier, read: readMessage(allHeaders(message), carrier.kind) }] : [];
  });
  if (!callKinds.every(({ name }) => carriers.some((carrier) => carrier.name === name)))
    return inconclusive('no INVITE with its 200 in the decrypted signalling');
  const faulty = carriers.find(({ read }) => read.faults.size > 0);
  return faulty
    ? fail(
        `the ${faulty.name} lacks what I-2 says`,
        'the X-CSL headers',
        [...faulty.read.faults].join(', '),
      )
    : unlessBlind(
        pass(`${carriers.length} messages carry the X-CSL headers`),
        lossOf(facts, 'tls'),
      );
};

const [sip, registration] = [sessionJudges('sip'), sessionJudges('registration')];

/** Claims that a capture alone can show. */
const checks: readonly Check[] = [
  { claims: ['2.1.c'], judge: registration.inside },
  { claims: ['2.1.d'], judge: sip.inside },
  { claims: ['2.1.h'], judge: noClearSip },
  { claims: ['5.1.a'], judge: sip.version },
  { claims: ['5.1.b'], judge: sip.suite },
  { claims: ['5.1.c'], judge: sip.modulus },
  { claims: ['5.1.d'], judge: registration.version },
  { claims: ['5.1.e'], judge: registration.suite },
  { claims: ['5.1.f'], judge: registration.modulus },
  { claims: ['5.1.g'], judge: tags },
  { claims: ['5.1.h'], judge: codec },
  { claims: ['5.1.m'], judge: confidential },
  { claims: ['6.1.a'], judge: keySizes },
  { claims: ['6.2.b', '6.2.c'], judge: callHeaders },
  { claims: ['6.2.d'], judge: codecInSrtp },
  { claims: ['6.2.e'], judge: registration.insideTls12 },
  { claims: ['6.2.f'], judge: sip.insideTls12 },
];

const severity = (verdict: Verdict): number => verdictKinds.indexOf(verdict.kind);

/** The verdicts of the claims that a capture alone can show, by claim; pure. */
export const judgeInspection = (inspection: Inspection): readonly Verdict[] =>
  checks
    .flatMap(({ claims, judge }) => {
      const { evidence: _paths, ...finding } = judge(inspection);
      return claims.map((claim): Verdict => ({ claim, ...finding }));
    })
    .toSorted(
      (left, right) => (left.claim < right.claim ? -1 : 1) || severity(left) - severity(right),
    );
