import { afterEach, describe, expect, it } from 'vitest';
import type { Appliance } from '../../devices/contract.ts';
import { cslHeadersIn, fromPemBody } from './testing/texts.ts';
import { openLoopbackSite, type LabSite } from '../lab/site.ts';
import { confirmAgreement, offerAgreement } from './agreement.ts';
import { mediaTextOf, writeDescription } from './description.ts';
import { enrolPeer, registeredPhone, triedAppliances } from './testing/appliances.ts';
import { isInstalled } from './testing/program.ts';
import { sippAnswers, sippCalls, sippIsRefused, type SippCall } from './testing/sipp.ts';
import { startTunnel } from './testing/stunnel.ts';

const missing = [
  ['sipp', ['-v']],
  ['stunnel4', ['-version']],
] as const;
const tool = missing.find(([name, words]) => !isInstalled(name, ...words))?.[0];

const [sippNumber, phoneNumber] = ['+33639983901', '+33639983902'];
const media = mediaTextOf('sendrecv');

/** Stopped in this order after each test. */
let started: { stop(): Promise<void> }[] = [];
let site: LabSite | undefined;
afterEach(async () => {
  for (const part of started) await part.stop();
  started = [];
  await site?.close();
});

/** An appliance with a registered reference phone, and SIPp's number behind stunnel. */
const system = async (start: (at: LabSite) => Promise<Appliance>) => {
  const at = await openLoopbackSite();
  site = at;
  const appliance = await start(at);
  started.unshift(appliance);
  const description = await appliance.describe();
  const identity = await enrolPeer(appliance, description, sippNumber);
  const phone = await registeredPhone(at, appliance, { name: 'bob', number: phoneNumber });
  started.unshift(phone);
  const tunnel = await startTunnel(description, identity, await at.folder('stunnel'));
  started.unshift(tunnel.program);
  const call: SippCall = {
    own: sippNumber,
    peer: phoneNumber,
    domain: description.sip.host,
    callId: 'sipp-by-way-of-stunnel',
    sdp: writeDescription({
      host: '127.0.0.1',
      port: 40_000,
      ssrc: 4711,
      direction: 'sendrecv',
      version: 1,
    }).trimEnd(),
  };
  const folder = await at.folder('sipp');
  const own = { identity, authority: fromPemBody(description.trust.clientAuthority) };
  return { appliance, phone, tunnel, call, folder, own };
};

for (const { name, problem, start } of await triedAppliances()) {
  const why = tool === undefined ? problem : `${tool} is not installed; ./setup installs it`;
  const skipped = why === null ? '' : ` (skipped: ${why})`;
  describe.skipIf(skipped !== '')(`SIPp and stunnel at ${name}${skipped}`, () => {
    it('register over the suite of target 5.1, and a call whose X-CSL headers verify is answered by headers that verify; an ACK without any ends it', async () => {
      const { appliance, phone, tunnel, call, folder, own } = await system(start);
      await phone.setAutoAnswer(true);
      const numbers = { callerNumber: sippNumber, calleeNumber: phoneNumber };
      const offer = offerAgreement(own, { callId: call.callId, ...numbers }, media);
      const sipp = await sippCalls(folder, tunnel, call, offer.headers);
      started.unshift(sipp.program);
      expect(await sipp.program.ended).toBe(0);
      expect(tunnel.program.said()).toMatch(/TLSv1\.2 ciphersuite: DHE-RSA-AES256-GCM-SHA384/);
      expect(tunnel.program.said()).toMatch(/Peer temporary key: DH, 2048 bits/);
      const answer = cslHeadersIn(sipp.messages(), /^SIP\/2\.0 200 /, '2 INVITE');
      const agreed = confirmAgreement(own, answer, offer, { number: phoneNumber, media });
      expect(agreed).toMatchObject({ ok: true });
      expect(await phone.waitForCall(['ended'], 5_000)).toMatchObject({
        endedBy: 'csl/headers-absent',
        peerNumber: sippNumber,
        packetsSent: 0,
      });
      expect(await appliance.refusals()).toEqual([]);
    }, 60_000);

    it('are refused by the phone, with its reason, when they call without X-CSL headers', async () => {
      const { appliance, phone, tunnel, call, folder } = await system(start);
      await phone.setAutoAnswer(true);
      const sipp = await sippIsRefused(folder, tunnel, call, 488);
      started.unshift(sipp.program);
      expect(await sipp.program.ended).toBe(0);
      const codes = (await phone.refusals()).map(({ code }) => code);
      expect(codes).toEqual(['csl/headers-absent']);
      expect(await appliance.refusals()).toEqual([]);
    }, 60_000);

    it('are called through the appliance; their 200, which proves nothing, ends the call at the phone', async () => {
      const { appliance, phone, tunnel, call, folder } = await system(start);
      const sipp = await sippAnswers(folder, tunnel, call);
      started.unshift(sipp.program);
      await expect
        .poll(() => sipp.messages(), { timeout: 10_000 })
        .toContainEqual(expect.stringMatching(/^SIP\/2\.0 200 .*^CSeq: 1 REGISTER/ms));
      await phone.dial(sippNumber);
      expect(await phone.waitForCall(['ended'], 10_000)).toMatchObject({
        endedBy: 'csl/headers-absent',
        peerNumber: sippNumber,
        packetsSent: 0,
      });
      await expect
        .poll(() => sipp.messages(), { timeout: 10_000 })
        .toContainEqual(expect.stringMatching(/^BYE sip:/));
      const offered = cslHeadersIn(sipp.messages(), /^INVITE sip:/, '1 INVITE');
      expect(offered.map(([header]) => header).toSorted()).toEqual([
        'X-CSL-From',
        'X-CSL-From-Chain',
        'X-CSL-Info1',
        'X-CSL-Info2',
      ]);
      expect(await appliance.refusals()).toEqual([]);
    }, 60_000);
  });
}
