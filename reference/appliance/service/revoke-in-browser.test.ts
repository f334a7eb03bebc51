import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasBrowser,
  launchBrowser,
  openAdministration,
  revokeThroughBrowser,
  signInThroughBrowser,
} from '../admin/testing/browser.ts';
import { callAndTalk, enrolPhone, untilView } from './testing/phones.ts';
import { makeServiceFolder, serveHere, type ServiceFolder } from './testing/world.ts';

const passphrase = 'the phone’s own passphrase';
const password = 'A-password-of-her-own-2015';

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterAll(() => place.remove());

describe(`an administrator with a browser${hasBrowser ? '' : ' (skipped: no /usr/bin/chromium)'}`, () => {
  it.skipIf(!hasBrowser)(
    'revokes a user during a call, and the call ends at both phones',
    async () => {
      const served = await serveHere(place);
      const { service, shown } = served;
      const browser = await launchBrowser();
      try {
        const alice = await enrolPhone(place, served, {
          number: '+33639980001',
          name: 'alice',
          passphrase,
        });
        const bob = await enrolPhone(place, served, {
          number: '+33639980002',
          name: 'bob',
          passphrase,
        });
        await callAndTalk(alice, bob, '+33639980002');
        const oneTime = /password (\S+) /.exec(shown.join())?.[1] ?? '';
        const endpoint = { host: '127.0.0.1', port: service.ports.administration };
        const administration = await openAdministration(browser, endpoint);
        const credentials = { name: 'administrator', password: oneTime, newPassword: password };
        await signInThroughBrowser(administration, credentials);
        expect(alice.view().state).toBe('in-call');
        await revokeThroughBrowser(administration, '+33639980002');
        const ended = await Promise.all(
          [alice, bob].map((phone) => untilView(phone, ({ state }) => state === 'ended')),
        );
        expect(ended.map(({ state }) => state)).toEqual(['ended', 'ended']);
        expect(service.calls()).toBe(0);
        await expect(bob.register()).rejects.toThrow(
          /the handshake failed|the connection was lost/,
        );
        await Promise.all([alice.stop(), bob.stop()]);
      } finally {
        await browser.close();
        await service.stop();
      }
    },
  );
});
