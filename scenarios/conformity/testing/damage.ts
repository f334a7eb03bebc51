import { all, without, withFacts, type Alteration } from '../../testing/altered.ts';
import type { TlsSessionFacts } from '../../wire/facts-model.ts';
import { withRecord } from './documents.ts';

/** A packet that the capturing side dropped. */
export const dropped: Alteration = withFacts((facts) => ({ ...facts, dropped: 1 }));

/** The capturing side saw one packet more than the file holds. */
export const shortened: Alteration = withRecord((record) => ({
  kind: 'captured',
  packets: record.packets + 1,
  dropped: 0,
}));

/** A packet cut by the snap length. */
export const cut: Alteration = withFacts((facts) => ({ ...facts, cut: 1 }));

/** Something in the capture that could not be read. */
export const unread = (what: string): Alteration =>
  withFacts((facts) => ({ ...facts, other: [...facts.other, { what, count: 1, example: 'x' }] }));

/** A hole in one connection. */
export const hole: Alteration = withFacts((facts) => ({
  ...facts,
  tlsSessions: facts.tlsSessions.map((session, index) =>
    index === 0 ? { ...session, gaps: 1 } : session,
  ),
}));

/** No session of a service, and nothing that passed in one. */
export const noSessions = (service: TlsSessionFacts['service']): Alteration =>
  withFacts((facts) => ({
    ...facts,
    tlsSessions: facts.tlsSessions.filter((session) => session.service !== service),
    sipMessages: [],
    httpMessages: [],
  }));

/** TLS as it is without any key: nothing that passed inside is known. */
export const undecrypted: Alteration = withFacts((facts) => ({
  ...facts,
  tlsSessions: facts.tlsSessions.map((session) => ({ ...session, decrypted: 'no-key' as const })),
  sipMessages: [],
  httpMessages: [],
}));

/** No list of what the phones store, and so nothing stored. */
export const nothingStored: Alteration = all(
  without('call', 'secrets-in-storage.json'),
  without('call', 'stored/alice/private-key.pem'),
  without('call', 'stored/alice/certificate.pem'),
);
