import { readCertificates } from '../configuration/pem-file.ts';
import type { ApplianceConfiguration, SecretSource } from '../configuration/schema.ts';
import { readSecret } from '../configuration/secret.ts';
import { createHttpGateway } from '../sms/http-gateway.ts';
import { createSmppSender } from '../sms/smpp/sender.ts';
import type { SmsSender } from '../sms/sms-sender.ts';
import type { Warn } from './authorities.ts';

/** Texts that a simulated centre keeps. */
const longestOutbox = 1000;

/** Bytes of a password in SMPP 3.4 (section 5.2.2), its end not counted. */
const longestPassword = 8;

/** A text as the simulated centre took it. */
export interface SimulatedText {
  readonly number: string;
  readonly text: string;
}

/** The way to the owners of numbers. */
export interface ServiceSms extends SmsSender {
  /** What the simulated centre took, oldest first; null where the centre is a real one. */
  readonly outbox: (() => readonly SimulatedText[]) | null;
  close(): Promise<void>;
}

type Settings = ApplianceConfiguration['sms'];

const simulated = (): ServiceSms => {
  const texts: SimulatedText[] = [];
  return {
    outbox: () => texts,
    async send(number, text) {
      texts.push({ number, text });
      if (texts.length > longestOutbox) texts.shift();
    },
    close: () => Promise.resolve(),
  };
};

const secretOf = (thing: string, source: SecretSource, warn: Warn): string => {
  const { value, warning } = readSecret(thing, source);
  if (warning !== null) warn('secret/shared', warning);
  return value;
};

const smpp = (settings: Extract<Settings, { kind: 'smpp' }>, warn: Warn): ServiceSms => {
  const { host, port, tls, systemId, sender: from, ca } = settings;
  const password = secretOf('password of the SMS centre', settings.password, warn);
  if (Buffer.byteLength(password) > longestPassword)
    throw new Error(
      `password of the SMS centre: SMPP takes at most ${longestPassword} bytes; ask the centre for another`,
    );
  if (!tls)
    warn('sms/no-tls', `tokens go to ${host} in clear; set sms.tls, or lead them through a tunnel`);
  const account = { host, port, tls, systemId, password, sender: from };
  const sender = createSmppSender({
    ...account,
    ...(ca === undefined ? {} : { ca: readCertificates('sms.ca', ca) }),
  });
  return {
    outbox: null,
    send: (number, text) => sender.send(number, text),
    close: () => sender.close(),
  };
};

const gateway = (settings: Extract<Settings, { kind: 'http' }>, warn: Warn): ServiceSms => {
  const { method, url, headers, body, secret } = settings;
  const sender = createHttpGateway({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(secret === undefined
      ? {}
      : { secret: secretOf('secret of the SMS gateway', secret, warn) }),
  });
  if (url.startsWith('http:'))
    warn('sms/no-tls', 'tokens go to the gateway in clear; give sms.url with https');
  return {
    outbox: null,
    send: (number, text) => sender.send(number, text),
    close: () => Promise.resolve(),
  };
};

/** Opens the configured way. Throws one line when its secret cannot be read. */
export const openSms = ({ sms }: ApplianceConfiguration, warn: Warn): ServiceSms => {
  switch (sms.kind) {
    case 'simulated':
      warn('sms/simulated', 'texts reach nobody: every token stands in the administration page');
      return simulated();
    case 'smpp':
      return smpp(sms, warn);
    case 'http':
      return gateway(sms, warn);
  }
};
