import type { Verdict } from '../../reports/model/verdict.ts';
import { fail, inconclusive, pass, type Finding } from '../campaign/scenario.ts';
import { alertName, isWanted, wantedProfile } from './context.ts';
import type { CertificateFacts, HandshakeFacts, ProbedService, ProbeFacts } from './facts-model.ts';

const wantedName = 'TLSv1.2 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384';
const wantedBits = 2_048;
const mostNamed = 12;

/** A list for a person: the first dozen and how many more. */
export const listed = (names: readonly string[]): string => {
  const more = names.length - mostNamed;
  const shown = names.slice(0, mostNamed).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
};

/** Why nothing can be said, where no TLS server was found. */
export const contactProblem = ({ contact }: ProbeFacts): string | null => {
  switch (contact.kind) {
    case 'tls':
      return null;
    case 'unreachable':
      return `the port could not be reached: ${contact.reason}`;
    case 'silent':
      return 'the server did not answer a ClientHello in time, twice';
    case 'closes':
      return 'the server closes every connection without an answer';
    case 'not-tls':
      return `the server answers something that is not TLS, beginning ${contact.firstBytes.slice(0, 32)}`;
  }
};

const names = (facts: ProbeFacts): readonly string[] => facts.accepted.map(({ name }) => name);

/** Why a refusal or an absence cannot be relied on. */
const doubt = (facts: ProbeFacts): string | null => {
  if (facts.cutShort !== null)
    return facts.cutShort === 'connections'
      ? 'the probe was cut short at its bound of connections'
      : 'the probe was given up after too many offers without an answer';
  const [unclear] = facts.unclear;
  if (unclear)
    return `an offer of ${unclear.suites} suites in ${unclear.version} met ${unclear.outcome === 'deadline' ? 'its deadline twice' : unclear.outcome}`;
  return null;
};

const nothingAccepted = (facts: ProbeFacts): Finding => {
  const { first } = facts.controls;
  const how =
    first?.kind === 'refused' && first.by === 'alert'
      ? `with ${alertName(first.description)}`
      : `(${first?.kind ?? 'nothing'})`;
  return inconclusive(
    `the server accepts no version and suite at all, and refused the control ${how}`,
  );
};

const judgeVersion = (facts: ProbeFacts): Finding => {
  const spoken = facts.accepted.some(({ version }) => version === wantedProfile.version);
  if (spoken) return pass('TLS 1.2 is accepted');
  if (facts.accepted.length === 0) return nothingAccepted(facts);
  const why = doubt(facts);
  if (why !== null) return inconclusive(why);
  return fail('TLS 1.2 is not accepted', 'TLS 1.2', listed(names(facts)));
};

const judgeSuite = (facts: ProbeFacts): Finding => {
  const wanted = facts.accepted.find(isWanted);
  if (wanted)
    return wanted.confirmed
      ? pass(`${wantedName}, offered alone, is accepted`)
      : inconclusive('the suite was accepted among others and not alone');
  if (facts.accepted.length === 0) return nothingAccepted(facts);
  const why = doubt(facts);
  if (why !== null && facts.controls.first?.kind !== 'refused') return inconclusive(why);
  return fail('the suite of the target is not accepted', wantedName, listed(names(facts)));
};

const judgeGroups = (facts: ProbeFacts): Finding => {
  const { groups } = facts;
  if (facts.accepted.length === 0) return nothingAccepted(facts);
  if (groups.length === 0) {
    if (facts.accepted.some(isWanted))
      return inconclusive('no Diffie-Hellman parameters could be read');
    return fail(
      'no session with finite-field Diffie-Hellman was had',
      `a modulus of ${wantedBits} bits`,
      listed(names(facts)),
    );
  }
  const described = groups.map(
    ({ bits, name, seenIn }) =>
      `${bits} bits (${name ?? 'no published group'}) in ${listed(seenIn)}`,
  );
  const expected = `a modulus of ${wantedBits} bits`;
  if (groups.some(({ bits }) => bits !== wantedBits))
    return fail('a modulus of another size is used', expected, described.join('; '));
  const composite = groups.find(({ isPrime }) => isPrime === false);
  if (composite)
    return {
      kind: 'warn',
      reason: 'the modulus has the right size and is not prime',
      expected,
      observed: described.join('; '),
    };
  return pass(
    `${groups.map(({ bits, name }) => `${bits} bits, ${name ?? 'no published group'}`).join('; ')}, the same in ${facts.reuse?.connections ?? 1} connections`,
  );
};

const judgeNothingElse = (facts: ProbeFacts): Finding => {
  const others = facts.accepted.filter((profile) => !isWanted(profile));
  const confirmed = others.filter((profile) => profile.confirmed);
  if (confirmed.length > 0)
    return fail(
      'the server accepts more than the target allows',
      `${wantedName} and nothing else`,
      listed(confirmed.map(({ name }) => name)),
    );
  if (others.length > 0)
    return inconclusive(
      `accepted in a list and not alone: ${listed(others.map(({ name }) => name))}`,
    );
  const { first, last } = facts.controls;
  if (![first, last].every((outcome) => outcome?.kind === 'accepted' && isWanted(outcome)))
    return inconclusive(
      'the one right profile was not accepted before and after, so that refusals mean nothing',
    );
  const why = doubt(facts);
  if (why !== null) return inconclusive(why);
  return pass(
    `${facts.offers} hellos with ${facts.suitesOffered} suites in every version from SSL 2 to TLS 1.3: only ${wantedName} is accepted`,
  );
};

const protocolOf: Readonly<Record<ProbedService, string>> = { sip: 'SIP', registration: 'HTTP' };

const speaks = (service: ProbedService, line: string): boolean =>
  (service === 'sip' ? /^SIP\/2\.0 \d{3}/ : /^HTTP\/1\.[01] \d{3}/).test(line);

/** Whether an answer in clear is the service itself; web servers tell in clear that they want TLS, which serves nobody. */
const servedInClear = ({ plain, service }: ProbeFacts): string | null => {
  if (plain?.kind !== 'answered' || !speaks(service, plain.line)) return null;
  const wantsTls = /^HTTP\/1\.[01] (3\d\d|400|426|497)/.test(plain.line);
  return service === 'registration' && wantsTls ? null : plain.line;
};

const judgeInside = (facts: ProbeFacts): Finding => {
  const protocol = protocolOf[facts.service];
  const expected = `${protocol} inside TLS, and not in clear`;
  const clear = servedInClear(facts);
  if (clear !== null) return fail(`${protocol} is answered in clear`, expected, clear);
  if (facts.accepted.length === 0) return nothingAccepted(facts);
  const { anonymousHandshake: anonymous, identifiedHandshake: identified } = facts;
  const answered = [identified, anonymous].find((each) => (each?.answerLine ?? null) !== null);
  const line = answered?.answerLine ?? null;
  if (line !== null)
    return speaks(facts.service, line)
      ? pass(`inside TLS: ${line}`)
      : inconclusive(`what answers inside TLS is not ${protocol}: ${line}`);
  if (!anonymous)
    return inconclusive('the suite of the target is refused, so that no handshake was completed');
  return judgeUnseen(protocol, anonymous, identified);
};

const judgeUnseen = (
  protocol: string,
  anonymous: HandshakeFacts,
  identified: HandshakeFacts | null,
): Finding => {
  const established = identified?.established === true || anonymous.established;
  if (established)
    return { kind: 'warn', reason: `the handshake completes; no ${protocol} answer came inside` };
  if (identified)
    return inconclusive(
      `the handshake with the certificate given does not complete: ${identified.ending}`,
    );
  if (!anonymous.certificateRequested)
    return inconclusive(`the handshake does not complete: ${anonymous.ending}`);
  return {
    kind: 'warn',
    reason: `the port speaks TLS and serves nothing in clear; what travels inside was not seen, because the server asks for a client certificate (give --cert and --key)`,
  };
};

const keyText = ({ subject, keyType, keyBits, exponent }: CertificateFacts): string =>
  `${subject}: ${keyType}${keyBits === null ? '' : ` ${keyBits} bits`}${exponent === null ? '' : `, exponent ${exponent}`}`;

const judgeKeys = ({ certificates }: ProbeFacts): Finding => {
  const all = [...certificates.chain, ...certificates.others];
  const wrong = all.filter(
    ({ keyType, keyBits, exponent }) =>
      keyType !== 'rsa' || keyBits !== wantedBits || exponent !== '65537',
  );
  if (wrong.length > 0)
    return fail(
      'a certificate of the server has another key',
      'RSA, 2048 bits, exponent 65537',
      wrong.map(keyText).join('; '),
    );
  if (certificates.unreadable > 0)
    return inconclusive(`${certificates.unreadable} certificates of the server cannot be read`);
  if (all.length === 0) return inconclusive('the server showed no certificate in clear');
  return pass(`${all.length} certificates: ${all.map(keyText).join('; ')}`);
};

/** The claims that a probe can show, by service, each with its judge. */
const judges: Readonly<
  Record<
    ProbedService,
    readonly (readonly [claim: string, judge: (facts: ProbeFacts) => Finding])[]
  >
> = {
  sip: [
    ['2.1.d', judgeInside],
    ['5.1.a', judgeVersion],
    ['5.1.b', judgeSuite],
    ['5.1.c', judgeGroups],
    ['5.1.k', judgeNothingElse],
    ['6.1.a', judgeKeys],
  ],
  registration: [
    ['2.1.c', judgeInside],
    ['5.1.d', judgeVersion],
    ['5.1.e', judgeSuite],
    ['5.1.f', judgeGroups],
    ['5.1.l', judgeNothingElse],
    ['6.1.a', judgeKeys],
  ],
};

/** Verdicts on the claims of the probed service; pure: the same facts give the same verdicts. */
export const judgeProbe = (facts: ProbeFacts): readonly Verdict[] => {
  const problem = contactProblem(facts);
  return judges[facts.service].map(([claim, judge]) => {
    const finding = problem === null ? judge(facts) : inconclusive(problem);
    const { kind, reason, expected, observed } = finding;
    return {
      claim,
      kind,
      ...(reason === undefined ? {} : { reason }),
      ...(expected === undefined ? {} : { expected }),
      ...(observed === undefined ? {} : { observed }),
    };
  });
};
