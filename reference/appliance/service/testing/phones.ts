import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallView } from '../../../client/calls/call.ts';
import { createPhone, type ReferencePhone } from '../../../client/phone.ts';
import type { SessionKeys } from '../../../core/csl/key-schedule.ts';
import type { ServedHere, ServiceFolder } from './world.ts';

/** A file of the authorities' folder, as text. */
export const readAuthority = ({ folder }: ServiceFolder, name: string): string =>
  readFileSync(join(folder, 'authorities', name), 'utf8');

/** Waits until a phone's screen shows what is wanted. */
export const untilView = async (
  phone: ReferencePhone,
  condition: (view: CallView) => boolean,
): Promise<CallView> => {
  while (!condition(phone.view())) await once(phone.events, 'changed');
  return phone.view();
};

/** A phone to be enrolled; `secret` is told everything that must never stand in a log. */
export interface PhoneOwner {
  readonly number: string;
  readonly name: string;
  readonly passphrase: string;
  readonly secret?: (text: string) => void;
}

const tellKeys = (
  { callerToCallee, calleeToCaller }: SessionKeys,
  secret: (text: string) => void,
): void => {
  for (const { masterKey, masterSalt } of [callerToCallee, calleeToCaller])
    for (const bytes of [masterKey, masterSalt])
      for (const encoding of ['hex', 'base64'] as const)
        secret(Buffer.from(bytes).toString(encoding));
};

/** Enrols a phone, after one wrong token, and registers it. */
export const enrolPhone = async (
  place: ServiceFolder,
  { service }: ServedHere,
  { number, name, passphrase, secret = () => undefined }: PhoneOwner,
): Promise<ReferencePhone> => {
  const endpoint = (port: number) => ({ host: '127.0.0.1', port });
  const phone = createPhone(
    {
      sip: endpoint(service.ports.sip),
      registration: endpoint(service.ports.registration),
      trust: {
        root: readAuthority(place, 'root.pem'),
        clientAuthority: readAuthority(place, 'client-authority.pem'),
        serverAuthority: readAuthority(place, 'server-authority.pem'),
      },
      folder: join(place.folder, name),
      host: '127.0.0.1',
    },
    {
      refusal: () => undefined,
      tlsKeys: (line) => secret(line.split(' ')[2] ?? line),
      keyAgreement: ({ exponent }) => secret(exponent),
      mediaKeys: (keys) => tellKeys(keys, secret),
    },
  );
  await phone.requestEnrolment(number, passphrase);
  const text = service.outbox?.().at(-1)?.text ?? '';
  const token = /\b\d{6}\b/.exec(text)?.[0] ?? '';
  const wrong = token === '111111' ? '222222' : '111111';
  for (const each of [token, text, wrong]) secret(each);
  await phone.completeEnrolment(wrong).catch(() => undefined);
  await phone.completeEnrolment(token);
  await phone.unlock(passphrase);
  await phone.register();
  return phone;
};

/** A call that both hear. */
export const callAndTalk = async (
  from: ReferencePhone,
  to: ReferencePhone,
  number: string,
): Promise<void> => {
  to.setAutoAnswer(true);
  await from.dial(number);
  await Promise.all(
    [from, to].map((phone) => untilView(phone, (view) => view.packetsReceived >= 3)),
  );
};
