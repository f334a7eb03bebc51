import { fail, inconclusive, pass, type Finding } from '../campaign/scenario.ts';
import {
  judgeSession,
  modulus as modulusBeforeTls13,
  suite,
  version,
  type SessionCheck,
} from '../conformity/section-5.1-tls.ts';
import { certificateOfBase64 } from '../conformity/views/certificates.ts';
import { worst } from '../conformity/views/worst.ts';
import type { ClearTextFacts, TlsSessionFacts, WireFacts } from '../wire/facts-model.ts';
import { blindSpot, lossOf, unlessBlind, type Judge } from './completeness.ts';

/** What a service's port is named for. */
export type Service = 'sip' | 'registration';

interface Numbered {
  readonly index: number;
  readonly session: TlsSessionFacts;
}

const numbered = (facts: WireFacts, service: Service): readonly Numbered[] =>
  facts.tlsSessions
    .map((session, index) => ({ index, session }))
    .filter(({ session }) => session.service === service && session.established);

const none = (service: Service): Finding =>
  inconclusive(`no established ${service} session in the capture`);

const sessionName = ({ client, server }: TlsSessionFacts): string =>
  `the session of ${client.host}:${client.port} to port ${server.port}`;

/** What keeps a session from being vouched for although what was seen of it is right. */
const unsure = (session: TlsSessionFacts): Finding | null => {
  if (session.gaps > 0)
    return inconclusive(
      `${sessionName(session)} has ${session.gaps} holes in the capture, and what lies behind is unknown`,
    );
  return session.problems.some((problem) => problem.endsWith('overlap-conflict'))
    ? inconclusive(`${sessionName(session)} was captured with contradicting contents`)
    : null;
};

/** Every established session of the service must show what is expected; one bad among good ones fails. */
const everySession =
  (service: Service, check: SessionCheck): Judge =>
  ({ facts }) => {
    const sessions = numbered(facts, service);
    if (sessions.length === 0) return none(service);
    const findings = sessions.map(
      ({ session }) => judgeSession(session, check, '') ?? unsure(session),
    );
    const decided = worst(findings.filter((finding) => finding?.kind !== 'warn'));
    if (decided) return decided;
    const lost = lossOf(facts, 'tls');
    if (lost !== null) return inconclusive(lost);
    return worst(findings) ?? pass(`${check.expected} in ${sessions.length} established sessions`);
  };

/** The first word of the groups of RFC 7919 in the registry of TLS groups, with their sizes. */
const finiteFieldGroups: Readonly<Record<number, number>> = {
  256: 2048,
  257: 3072,
  258: 4096,
  259: 6144,
  260: 8192,
};

const TLS_1_3 = 0x0304;

/** A Diffie-Hellman modulus of 2048 bits; TLS 1.3 names its group in the ServerHello. */
const modulus: SessionCheck = {
  ...modulusBeforeTls13,
  observed: (session) => {
    if ((session.version ?? 0) < TLS_1_3) return modulusBeforeTls13.observed(session);
    if (session.namedCurve === null) return null;
    const bits = finiteFieldGroups[session.namedCurve];
    return bits === undefined ? 'no finite-field Diffie-Hellman' : `${bits} bits`;
  },
  unseen: 'the capture does not show its key exchange, as in a resumed session',
};

const inClear = (protocol: string, { from, to, line }: ClearTextFacts): Finding =>
  fail(
    `${protocol} in clear from ${from.host}:${from.port} to ${to.host}:${to.port}`,
    `no ${protocol} in clear`,
    line,
  );

/** HTTP in clear concerns registration where one end is a host that offers it; a phone may read other pages. */
const clearRegistration = (facts: WireFacts): ClearTextFacts | undefined => {
  const hosts = new Set(
    facts.tlsSessions
      .filter(({ service }) => service === 'registration')
      .map(({ server }) => server.host),
  );
  return facts.clearHttp.find(({ from, to }) => hosts.has(from.host) || hosts.has(to.host));
};

const whyUnread = ({ decrypted }: TlsSessionFacts): string => {
  switch (decrypted) {
    case 'unsupported':
      return 'its version and suite are not decrypted here';
    case 'failed':
      return 'it could be decrypted only in part';
    case 'no-key':
    case 'nothing-encrypted':
      return 'nothing of it is decrypted: its key log is needed (--keylog)';
    case 'yes':
      return 'it carries no message of the protocol';
  }
};

/** The protocol must be seen inside TLS and nowhere outside; what TLS carries is known only with keys. */
const insideTls =
  (service: Service): Judge =>
  ({ facts }) => {
    const name = service === 'sip' ? 'SIP' : 'HTTP';
    const clear = service === 'sip' ? facts.clearSip[0] : clearRegistration(facts);
    if (clear) return inClear(name, clear);
    const sessions = numbered(facts, service);
    if (sessions.length === 0) return none(service);
    const messages = service === 'sip' ? facts.sipMessages : facts.httpMessages;
    const speaking = new Set(messages.map(({ session }) => session));
    const silent = sessions.filter(
      ({ index, session }) => session.decrypted !== 'yes' || !speaking.has(index),
    );
    const [first] = silent;
    const blind = blindSpot(facts, 'tls');
    if (blind !== null) return inconclusive(blind);
    if (first)
      return inconclusive(
        `${silent.length} of ${sessions.length} ${service} sessions do not show what they carry; ${sessionName(first.session)}: ${whyUnread(first.session)}`,
      );
    const own = new Set(sessions.map(({ index }) => index));
    const count = messages.filter(({ session }) => own.has(session)).length;
    return pass(`${count} ${name} messages inside ${sessions.length} TLS sessions, none in clear`);
  };

/** The protocol inside TLS, and that of version 1.2. */
const insideTls12 =
  (service: Service): Judge =>
  (inspection) => {
    const both = [everySession(service, version), insideTls(service)].map((judge) =>
      judge(inspection),
    );
    const [seen, inside] = both;
    return worst(both) ?? pass(`${inside?.observed ?? ''}; ${seen?.observed ?? ''}`);
  };

/** No SIP in clear on any port. */
export const noClearSip: Judge = ({ facts }) => {
  const [clear] = facts.clearSip;
  if (clear) return inClear('SIP', clear);
  if (numbered(facts, 'sip').length === 0) return none('sip');
  return unlessBlind(pass('no SIP in clear on any port'), blindSpot(facts, 'tls'));
};

const wantedKey = 'RSA 2048, exponent 65537';

const judgeKey = (text: string): Finding | null => {
  const key = certificateOfBase64(text)?.publicKey;
  if (!key) return inconclusive('a certificate in the capture cannot be read');
  const seen =
    key.algorithm === 'rsa'
      ? `RSA ${key.modulusBits}, exponent ${key.exponent}`
      : `no RSA key (${key.oid})`;
  return seen === wantedKey ? null : fail('a certificate has another key', wantedKey, seen);
};

/** RSA keys of 2048 bits with exponent 65537 in every certificate shown; one that TLS 1.3 or a hole hides is inconclusive. */
export const keySizes: Judge = ({ facts }) => {
  const sessions = facts.tlsSessions.filter(
    ({ established, service }) => established && service !== 'other',
  );
  const certificates = new Set(
    sessions.flatMap(({ serverChain, clientChain }) => [...serverChain, ...clientChain]),
  );
  const bad = worst([...certificates].map(judgeKey));
  if (bad) return bad;
  if (certificates.size === 0)
    return inconclusive('no certificate of a SIP or registration session in the capture');
  const hiding = sessions.find(({ serverChain, resumed }) => serverChain.length === 0 && !resumed);
  if (hiding) return inconclusive(`${sessionName(hiding)} shows no certificate`);
  return unlessBlind(pass(`${certificates.size} certificates: ${wantedKey}`), lossOf(facts, 'tls'));
};

/** The judges of one service's sessions: its protocol inside TLS, that of version 1.2, version, suite and modulus. */
export const sessionJudges = (service: Service) => ({
  inside: insideTls(service),
  insideTls12: insideTls12(service),
  version: everySession(service, version),
  suite: everySession(service, suite),
  modulus: everySession(service, modulus),
});
