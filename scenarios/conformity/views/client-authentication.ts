import { issuedBy } from '../../../reference/core/pki/certificate.ts';
import { fail, inconclusive, type Finding } from '../../campaign/scenario.ts';
import type { TlsSessionFacts } from '../../wire/facts-model.ts';
import { clientCertificateOf, isNamed, isSuccessOf } from './call-view.ts';
import { establishedSessions, losses, unknownSession, type CaptureView } from './capture-view.ts';
import { certificateOfPem, usersOf } from './certificates.ts';
import { worst } from './worst.ts';

const servedText = (session: TlsSessionFacts, { facts }: CaptureView): string => {
  const index = facts.tlsSessions.indexOf(session);
  const registered = facts.sipMessages.some(
    (message) => message.session === index && isSuccessOf(message, 'REGISTER'),
  );
  return registered ? 'registered' : 'was served by the signalling server';
};

const judgeClient = (session: TlsSessionFacts, view: CaptureView): Finding | null => {
  const { topology, path } = view;
  const name = `the client ${session.client.host}:${session.client.port}`;
  const { clientChain, clientCertificateVerify, resumed, fromStart, serverChain } = session;
  const handshakeSeen = fromStart && !resumed && session.gaps === 0 && serverChain.length > 0;
  const authority = certificateOfPem(topology.trust.clientAuthority);
  if (!authority)
    return inconclusive('the client authority’s certificate is not among the evidence');
  if (clientChain.length === 0 || !clientCertificateVerify)
    return handshakeSeen
      ? fail(
          `${name} ${servedText(session, view)} without ${clientChain.length === 0 ? 'a certificate' : 'proof of its key'}`,
          'a certificate and a CertificateVerify in every handshake',
          clientChain.length === 0 ? 'no certificate' : 'no CertificateVerify',
          [path],
        )
      : inconclusive(`the capture lacks the handshake of ${name}, as in a resumed session`, [path]);
  const certificate = clientCertificateOf(session);
  if (!certificate) return inconclusive(`the certificate of ${name} cannot be read`, [path]);
  return issuedBy(certificate, authority)
    ? null
    : fail(
        `${name} was served by the signalling server with a foreign certificate`,
        'a certificate of the client authority',
        'another issuer',
        [path],
      );
};

/** Whether every established session with the signalling server began with a client certificate of the client authority, both users' among them; null where so. */
export const everyClient = (view: CaptureView): Finding | null => {
  const sessions = establishedSessions(view.facts, 'sip');
  const bad = worst(sessions.map((session) => judgeClient(session, view)));
  if (bad) return bad;
  const absent = usersOf(view.topology).find(({ number }) => {
    const isTheirs = (session: TlsSessionFacts) => {
      const certificate = clientCertificateOf(session);
      return certificate !== null && isNamed(certificate, number);
    };
    return !sessions.some(isTheirs);
  });
  if (absent)
    return inconclusive(
      `the capture shows no session of ${absent.number} with the signalling server`,
      [view.path],
    );
  const unseen = losses(view) ?? unknownSession(view);
  return unseen === null ? null : inconclusive(unseen, [view.path]);
};
