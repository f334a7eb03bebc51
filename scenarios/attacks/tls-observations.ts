import type { ScenarioObservation } from '../campaign/scenario.ts';
import type { LocalText } from '../claims/claim.ts';
import type { PortView, TlsService } from './tls-ports-view.ts';

const ports: Readonly<Record<TlsService, LocalText>> = {
  sip: { en: 'the SIP port', fr: 'le port SIP' },
  registration: { en: 'the registration port', fr: 'le port d’enregistrement' },
};

const generatorFaults: Readonly<Record<string, LocalText>> = {
  'zero-or-one': { en: '0 or 1', fr: '0 ou 1' },
  'minus-one': { en: 'p-1', fr: 'p-1' },
  'small-order': { en: 'of small order', fr: 'de petit ordre' },
};

/** The first thing wrong with a group of the right size, as a server sent it (T3, T4, T6); null where nothing is known to be. */
export const weakGroup = ({
  service,
  groups,
  path,
}: Pick<PortView, 'service' | 'groups' | 'path'>): ScenarioObservation | null => {
  const { en, fr } = ports[service];
  const evidence = [path];
  if (groups.some(({ isPrime }) => isPrime === false))
    return {
      id: 'T3/composite-modulus',
      text: {
        en: `${en} uses a Diffie-Hellman modulus that is not prime: whoever knows its factors finds every secret`,
        fr: `${fr} emploie un module Diffie-Hellman qui n’est pas premier : qui en connaît les facteurs trouve chaque secret`,
      },
      evidence,
    };
  const fault = groups.find(({ generatorFault }) => generatorFault !== null)?.generatorFault;
  if (fault !== undefined && fault !== null) {
    const is = generatorFaults[fault] ?? { en: fault, fr: fault };
    return {
      id: 'T3/unsound-generator',
      text: {
        en: `${en} uses an unsound Diffie-Hellman generator, ${is.en}: the secrets are few`,
        fr: `${fr} emploie un générateur Diffie-Hellman défectueux, ${is.fr} : les secrets sont peu nombreux`,
      },
      evidence,
    };
  }
  if (groups.every(({ isSafePrime }) => isSafePrime === true)) return null;
  return {
    id: 'T6/no-safe-prime',
    text: {
      en: `${en} uses a Diffie-Hellman modulus that is not known to be a safe prime: small subgroups may exist (CVE-2016-0701)`,
      fr: `${fr} emploie un module Diffie-Hellman dont on ne sait pas s’il est un nombre premier sûr : de petits sous-groupes peuvent exister (CVE-2016-0701)`,
    },
    evidence,
  };
};

/** A public value that came in more than one handshake (T5, O8). */
export const reusedValue = (
  { service, path }: Pick<PortView, 'service' | 'path'>,
  distinct: number,
  handshakes: number,
): ScenarioObservation => ({
  id: 'T5/reused-value',
  text: {
    en: `${ports[service].en} reuses its Diffie-Hellman value: ${distinct} different in ${handshakes} handshakes; who takes its secret later reads every session under it (O8, CVE-2020-1968)`,
    fr: `${ports[service].fr} réemploie sa valeur Diffie-Hellman : ${distinct} différentes en ${handshakes} échanges ; qui en obtient plus tard le secret lit toutes les sessions établies avec elle (O8, CVE-2020-1968)`,
  },
  evidence: [path],
});

/** A renegotiation that is bound to the handshake before, as RFC 5746 allows (T9). */
export const clientRenegotiation = ({
  service,
  path,
}: Pick<PortView, 'service' | 'path'>): ScenarioObservation => ({
  id: 'T9/client-renegotiation',
  text: {
    en: `${ports[service].en} lets clients renegotiate, bound to the handshake before: allowed (RFC 5746), a cost to the server, and today advised against`,
    fr: `${ports[service].fr} laisse les clients renégocier, en lien avec l’échange précédent : permis (RFC 5746), coûteux pour le serveur et aujourd’hui déconseillé`,
  },
  evidence: [path],
});

/** Sessions taken up again on the port where they began (T10). */
export const resumption = (
  service: TlsService,
  ways: readonly string[],
  evidence: readonly string[],
): ScenarioObservation => ({
  id: 'T10/resumption',
  text: {
    en: `${ports[service].en} resumes its own sessions (by ${ways.join(' and ')}): a resumed session has no Diffie-Hellman exchange of its own, and a stolen ticket key opens all`,
    fr: `${ports[service].fr} reprend ses propres sessions (par ${ways.map((way) => (way === 'ticket' ? 'ticket' : 'identifiant')).join(' et ')}) : une session reprise n’a pas d’échange Diffie-Hellman propre, et une clé de tickets volée les ouvre toutes`,
  },
  evidence,
});

/** Master secrets that are not bound to their handshake (T11). */
export const noExtendedMasterSecret = ({
  service,
  path,
}: Pick<PortView, 'service' | 'path'>): ScenarioObservation => ({
  id: 'T11/no-extended-master-secret',
  text: {
    en: `${ports[service].en} does not negotiate the extended master secret (RFC 7627): what keeps a triple handshake away is that it does not both resume and renegotiate`,
    fr: `${ports[service].fr} ne négocie pas l’extended master secret (RFC 7627) : seul empêche une triple poignée de main qu’il ne reprenne ni ne renégocie à la fois`,
  },
  evidence: [path],
});

/** What a phone accepts of a server that breaks no rule of its time (T9, T11, T19). */
export const phoneLeniency = (
  what: 'renegotiates' | 'without-renegotiation-info' | 'without-extended-master-secret',
  path: string,
): ScenarioObservation => {
  const said = {
    renegotiates: {
      id: 'T9/phone-renegotiates',
      en: 'a phone renegotiates when its server asks; it leaves servers that cannot bind this to the handshake before (RFC 5746)',
      fr: 'un téléphone renégocie à la demande de son serveur ; il quitte les serveurs incapables de le lier à l’échange précédent (RFC 5746)',
    },
    'without-renegotiation-info': {
      id: 'T9/phone-without-renegotiation-info',
      en: 'a phone takes a server that cannot renegotiate safely (no renegotiation_info); it does not renegotiate itself',
      fr: 'un téléphone accepte un serveur incapable de renégocier sûrement (sans renegotiation_info) ; lui-même ne renégocie pas',
    },
    'without-extended-master-secret': {
      id: 'T11/phone-without-extended-master-secret',
      en: 'a phone registers with a server that does not negotiate the extended master secret (RFC 7627)',
      fr: 'un téléphone s’enregistre auprès d’un serveur qui ne négocie pas l’extended master secret (RFC 7627)',
    },
  }[what];
  return { id: said.id, text: { en: said.en, fr: said.fr }, evidence: [path] };
};

/** Signatures over a server's parameters with a hash that RFC 5246 allows and nobody advises any more (T19). */
export const weakSignatures = (names: readonly string[], path: string): ScenarioObservation => ({
  id: 'T19/phone-weak-signature',
  text: {
    en: `a phone takes parameters of a server under a weak signature (${names.join(', ')}), which RFC 5246 allows`,
    fr: `un téléphone accepte les paramètres d’un serveur sous une signature faible (${names.join(', ')}), ce que permet la RFC 5246`,
  },
  evidence: [path],
});
