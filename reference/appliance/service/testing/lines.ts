import { randomUUID } from 'node:crypto';
import { registerLine } from '../../../../simulators/load/calls.ts';
import { openLine, type Line } from '../../../../simulators/load/line.ts';
import { inviteText, responseText } from '../../../../simulators/load/messages.ts';
import { fromBase64 } from '../../../core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../core/pki/certificate.ts';
import { createRequest } from '../../../core/pki/request.ts';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';
import { exactTls, send } from '../../registration/testing/client.ts';
import { readAuthority } from './phones.ts';
import type { ServedHere, ServiceFolder } from './world.ts';

/** A number with its certificate, on a registered connection. */
export interface EnrolledLine {
  readonly line: Line;
  readonly certificate: Certificate;
  /** PEM of it and its authority. */
  readonly chain: string;
}

/** PEM of the authorities of a folder. */
export const trustOf = (place: ServiceFolder) => ({
  root: readAuthority(place, 'root.pem'),
  clientAuthority: readAuthority(place, 'client-authority.pem'),
  serverAuthority: readAuthority(place, 'server-authority.pem'),
});

const local = (port: number) => ({ host: '127.0.0.1', port });

/** Enrols a number as a phone does, over HTTPS with the token of its text; gives the PEM chain. */
const enrol = async (
  place: ServiceFolder,
  { service }: ServedHere,
  number: string,
  key: TestKey,
): Promise<string> => {
  const tls = exactTls(local(service.ports.registration), trustOf(place));
  const { spki, sign } = key;
  const csr = await createRequest({ commonName: number, publicKey: spki, sign });
  const asked = await send(tls, '/v1/enrolments', JSON.stringify({ number, csr }));
  const { id } = JSON.parse(asked.text) as { readonly id?: string };
  const texts = service.outbox?.() ?? [];
  const token = /\b\d{6}\b/.exec(texts.findLast((text) => text.number === number)?.text ?? '')?.[0];
  const path = `/v1/enrolments/${id}/certificate`;
  const given = await send(tls, path, JSON.stringify({ token }));
  if (given.status !== 201) throw new Error(`${number}: ${asked.text} ${given.text}`);
  return given.text;
};

const leafOf = (chain: string): Certificate => {
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(chain) ?? [];
  const der = fromBase64(base64.replaceAll(/\s/g, ''));
  const parsed = der.ok ? parseCertificate(der.value) : der;
  if (!parsed.ok) throw new Error(`a certificate: ${parsed.error.code}`);
  return parsed.value;
};

/** Enrols a number and registers it over mutual TLS. */
export const enrolLine = async (
  place: ServiceFolder,
  served: ServedHere,
  number: string,
  key: TestKey,
): Promise<EnrolledLine> => {
  const chain = await enrol(place, served, number, key);
  const trust = trustOf(place);
  const line = await openLine(number, chain, local(served.service.ports.sip), {
    privateKey: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    trust: [trust.root, trust.serverAuthority],
  });
  await registerLine(line, '127.0.0.1', randomUUID());
  return { line, certificate: leafOf(chain), chain };
};

/** A call that the callee answers at once; gives, for each side, when its BYE came (`performance.now`) and with which text. */
export const callLine = async (
  caller: Line,
  callee: Line,
): Promise<readonly [Promise<Farewell>, Promise<Farewell>]> => {
  const answered = Promise.withResolvers<void>();
  const hear = (line: Line, other: (text: string) => void): Promise<Farewell> =>
    new Promise((resolve) => {
      line.onMessage = (text) => {
        if (!text.startsWith('BYE ')) return other(text);
        resolve({ at: performance.now(), text });
        line.send(responseText(line, text, '200 OK'));
      };
    });
  const farewells = [
    hear(caller, (text) => {
      if (text.startsWith('SIP/2.0 200')) answered.resolve();
    }),
    hear(callee, (text) => {
      if (text.startsWith('INVITE ')) callee.send(responseText(callee, text, '200 OK'));
    }),
  ] as const;
  caller.send(inviteText(caller, callee.number, '127.0.0.1', randomUUID()));
  await answered.promise;
  return farewells;
};

/** The BYE that ended a call at one side. */
export interface Farewell {
  readonly at: number;
  readonly text: string;
}
