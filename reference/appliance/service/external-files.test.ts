import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import { openAuthorities } from '../authorities/open.ts';
import { parseConfiguration } from '../configuration/read.ts';
import { startCentre } from '../sms/smpp/testing/centre.ts';
import { checkAppliance } from './check.ts';
import { random } from './context.ts';
import { openSms } from './sms.ts';
import { enrolLine } from './testing/lines.ts';
import { makeServiceFolder, passphrase, serveHere, type ServiceFolder } from './testing/world.ts';

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterAll(() => place.remove());

const at = (name: string): string => join(place.folder, name);

/** What `appliance check` finds wrong with a configuration, besides warnings. */
const problemsOf = async (text: string): Promise<readonly string[]> => {
  writeFileSync(at('checked.yaml'), text);
  const findings = await checkAppliance(at('checked.yaml'));
  return findings.flatMap(({ problem, isWarning }) =>
    problem === null || isWarning === true ? [] : [problem],
  );
};

describe('a list of weak keys', () => {
  const withList = (name: string): string =>
    place.text('sms:', `enrolment: { weakKeys: ${name} }\nsms:`);
  const fingerprintOf = ({ spki }: TestKey): string => {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const modulus = Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url');
    const text = `Modulus=${modulus.toString('hex').toUpperCase()}\n`;
    return createHash('sha1').update(text).digest('hex').slice(20);
  };

  it('keeps its keys from being certified', async () => {
    const [listed, other] = [newTestKey(), newTestKey()];
    writeFileSync(at('weak'), `# a list\n${fingerprintOf(listed)}\n`);
    expect(await problemsOf(withList('weak'))).toEqual([]);
    const served = await serveHere(place, { text: withList('weak') });
    await expect(enrolLine(place, served, '+33639980821', listed)).rejects.toThrow(
      'enrolment/key-weak',
    );
    const { line } = await enrolLine(place, served, '+33639980821', other);
    line.close();
    await served.service.stop();
  });

  it('that is missing or none is refused, with the field', async () => {
    const missing = `enrolment.weakKeys ${at('none')}: ENOENT; give a list of openssl-blacklist or none`;
    expect(await problemsOf(withList('none'))).toEqual([missing]);
    await expect(serveHere(place, { text: withList('none') })).rejects.toThrow(missing);
    writeFileSync(at('other'), 'no fingerprint\n');
    expect(await problemsOf(withList('other'))).toEqual([
      `enrolment.weakKeys ${at('other')}: line 1 is no fingerprint of 20 hexadecimal digits; give a list of openssl-blacklist`,
    ]);
  });
});

describe('the authority of an SMPP centre', () => {
  const withCentre = (fields: string, port = 2775): string =>
    place.text(
      'sms: { kind: simulated }',
      `sms: { kind: smpp, host: 127.0.0.1, port: ${port}, systemId: user, sender: Discretio, password: { file: centre }, ${fields} }`,
    );
  beforeAll(() => writeFileSync(at('centre'), 'secret\n', { mode: 0o600 }));

  it('is whom its certificate must lead to', async () => {
    const authorities = await openAuthorities({
      folder: at('authorities'),
      passphrase: Buffer.from(passphrase),
      now: Date.now,
      randomBytes: random,
    });
    const credentials = await authorities.issueServerCertificate(['127.0.0.1']);
    const tls = { key: credentials.privateKey, cert: credentials.certificateChain };
    const centre = await startCentre(undefined, { tls });
    const warnings: string[] = [];
    const send = async (ca: string): Promise<void> => {
      const text = withCentre(`tls: true, ca: ${ca}`, centre.port);
      const configuration = parseConfiguration(place.file, text);
      const sms = openSms(configuration, (code) => void warnings.push(code));
      await sms.send('+33639980822', 'a text');
      await sms.close();
    };
    await send('authorities/root.pem');
    const sent = () => centre.pdus.filter(({ command }) => command === 'submit_sm').length;
    expect([sent(), warnings]).toEqual([1, []]);
    await centre.close();
    await authorities.close();
  });

  it('that is missing, no certificate, or without TLS is refused, with the field', async () => {
    expect(await problemsOf(withCentre('tls: true, ca: none'))).toEqual([
      `sms.ca ${at('none')}: cannot be read (ENOENT); give the path of a PEM file`,
    ]);
    expect(await problemsOf(withCentre('tls: true, ca: centre'))).toEqual([
      `sms.ca ${at('centre')}: holds no certificate; give the path of a PEM file`,
    ]);
    expect(() => parseConfiguration(place.file, withCentre('ca: authorities/root.pem'))).toThrow(
      /appliance\.yaml:\d+: sms\.ca is of no use without TLS; set sms\.tls, or remove it$/,
    );
  });
});

it('the authority of administrators that is no certificate is refused, with the field', async () => {
  const withAuthority = (name: string): string =>
    place.text('port: 0 }\nstate', `port: 0, clientAuthority: ${name} }\nstate`);
  expect(await problemsOf(withAuthority('authorities/root.pem'))).toEqual([]);
  const pem = readFileSync(at('authorities/root.pem'), 'utf8');
  writeFileSync(at('broken.pem'), pem.replace(/\n(.{20})/, '\nAAAA$1'));
  for (const name of ['passphrase', 'broken.pem'])
    expect(await problemsOf(withAuthority(name))).toEqual([
      `administration.clientAuthority ${at(name)}: holds no certificate; give the path of a PEM file`,
    ]);
});
