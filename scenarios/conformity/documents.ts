import type { EvidenceDocument } from '../../reports/model/document.ts';
import type { Evidence } from '../campaign/scenario.ts';
import { sipLadder, tlsDocument, udpTable } from '../wire/documents.ts';
import type { StreamVerification } from '../wire/srtp-check.ts';
import { displaysSchema, topologySchema } from './activities/call-evidence.ts';
import { isNamed } from './views/call-view.ts';
import { callActivity, type CaptureView } from './views/capture-view.ts';
import { certificateOfBase64, usersOf } from './views/certificates.ts';
import { verifyMedia } from './views/media-view.ts';

const titles = {
  en: {
    ladder: 'Signalling of the call, decrypted',
    tls: 'TLS sessions of both ports',
    media: 'Media streams, verified with the call’s keys',
    identifiers: 'Identifiers on both phones',
    columns: ['Phone', 'Number', 'Local', 'Peer'],
    appliance: 'appliance',
    relay: 'relay',
  },
  fr: {
    ladder: 'Signalisation de l’appel, déchiffrée',
    tls: 'Sessions TLS des deux ports',
    media: 'Flux audio, vérifiés avec les clés de l’appel',
    identifiers: 'Identifiants affichés par les deux terminaux',
    columns: ['Terminal', 'Numéro', 'Local', 'Peer'],
    appliance: 'serveur',
    relay: 'relais',
  },
} as const;

type Language = keyof typeof titles;

/** Who stands behind each address of the capture; `host:port`. */
const rolesOf = (
  { facts, topology }: CaptureView,
  language: Language,
): ReadonlyMap<string, string> => {
  const { appliance, relay } = titles[language];
  const roles = new Map<string, string>();
  for (const { host, port } of [topology.sip, topology.registration])
    roles.set(`${host}:${port}`, appliance);
  for (const { client, clientChain } of facts.tlsSessions) {
    const certificate = certificateOfBase64(clientChain[0]);
    const user =
      certificate && usersOf(topology).find(({ number }) => isNamed(certificate, number));
    if (user) roles.set(`${client.host}:${client.port}`, user.name);
  }
  const { host, first, last } = topology.relay;
  for (const { source, destination } of facts.udpFlows)
    for (const end of [source, destination])
      if (end.host === host && end.port >= first && end.port <= last)
        roles.set(`${end.host}:${end.port}`, `${relay} ${end.port}`);
  return roles;
};

const identifiersOf = (
  { evidence, topology }: CaptureView,
  language: Language,
): EvidenceDocument => {
  const displays = evidence.json(callActivity, 'displays.json', displaysSchema);
  const rows = usersOf(topology).map(({ name, number }) => {
    const shown = displays?.[name]?.identifiers;
    return [name, number, shown?.local ?? '—', shown?.peer ?? '—'];
  });
  return {
    kind: 'table',
    title: titles[language].identifiers,
    columns: [...titles[language].columns],
    rows,
  };
};

const verificationsOf = (view: CaptureView): ReadonlyMap<number, StreamVerification> => {
  const { rtp, rtcp } = verifyMedia(view);
  return new Map(
    [...rtp, ...rtcp].map(({ flow, verification }) => [
      view.facts.udpFlows.indexOf(flow),
      verification,
    ]),
  );
};

/** What the report shows of the captured call; nothing where there is no capture. */
export const callDocuments = (
  evidence: Evidence,
  language: Language,
): readonly EvidenceDocument[] => {
  const wire = evidence.wire(callActivity);
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (wire.kind === 'missing' || !topology) return [];
  const view: CaptureView = { evidence, facts: wire.facts, topology, path: wire.path };
  const roles = rolesOf(view, language);
  const { ladder, tls, media } = titles[language];
  return [
    identifiersOf(view, language),
    sipLadder(view.facts, roles, ladder),
    tlsDocument(view.facts, roles, tls),
    udpTable(view.facts, roles, media, verificationsOf(view)),
  ];
};
