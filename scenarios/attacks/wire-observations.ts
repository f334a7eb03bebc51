import type { ScenarioObservation } from '../campaign/scenario.ts';
import { clientCertificateOf } from '../conformity/views/call-view.ts';
import type { TlsSessionFacts, WireFacts } from '../wire/facts-model.ts';

/** Packets whose sizes differ (R9, RFC 6562); `sizes` in bytes behind the RTP header, ascending. */
export const varyingSizes = (sizes: readonly number[], path: string): ScenarioObservation => {
  const [least, most] = [sizes[0], sizes.at(-1)];
  return {
    id: 'R9/varying-sizes',
    text: {
      en: `the size of audio packets varies, from ${least} to ${most} bytes: that tells something of what is said (RFC 6562)`,
      fr: `la taille des paquets audio varie, de ${least} à ${most} octets : cela révèle une part de ce qui est dit (RFC 6562)`,
    },
    evidence: [path],
  };
};

const tls12 = 0x0303;
const isNumber = /^\+\d+$/;

/** The phone numbers in the certificate that a client sent; TLS 1.2 sends it before anything is encrypted, except in a further handshake. */
const numbersIn = (session: TlsSessionFacts): readonly string[] => {
  const { version, renegotiation } = session;
  if (version === null || version > tls12 || renegotiation) return [];
  const names = clientCertificateOf(session)?.commonNames ?? [];
  return names.flatMap((name) =>
    name.kind === 'text' && isNumber.test(name.value) ? [name.value] : [],
  );
};

/** Client certificates that passed in clear, and so who connects, to whoever listens; null where the capture shows none. */
export const clientsInClear = (
  { tlsSessions }: WireFacts,
  path: string,
): ScenarioObservation | null => {
  const found = tlsSessions.map(numbersIn).filter((numbers) => numbers.length > 0);
  if (found.length === 0) return null;
  const numbers = new Set(found.flat()).size;
  return {
    id: 'wire/client-certificate-in-clear',
    text: {
      en: `TLS 1.2 shows the certificates of clients to whoever is on the wire: ${numbers} phone numbers in clear in ${found.length} handshakes tell who connects from where and when (TLS 1.3 encrypts them)`,
      fr: `TLS 1.2 montre les certificats des clients à qui est sur le réseau : ${numbers} numéros de téléphone en clair dans ${found.length} échanges disent qui se connecte, d’où et quand (TLS 1.3 les chiffre)`,
    },
    evidence: [path],
  };
};
