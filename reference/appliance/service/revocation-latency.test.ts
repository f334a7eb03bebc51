import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { enrolLine } from './testing/lines.ts';
import { measureRevocation, revocationEffects } from './testing/revocation-latency.ts';
import { makeServiceFolder, serveHere, type ServiceFolder } from './testing/world.ts';

const ALICE = '+33639980801';
const BOB = '+33639980802';

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterAll(() => place.remove());

it('a revocation on the durable state ends call, connection and registration, and shows in OCSP and on the list, each within 1 s', async () => {
  const served = await serveHere(place);
  try {
    const alice = await enrolLine(place, served, ALICE, newTestKey());
    const { latency, farewells } = await measureRevocation(place, served, alice, BOB, newTestKey());
    expect(Object.keys(latency)).toEqual([...revocationEffects]);
    for (const took of Object.values(latency)) {
      expect(took).toBeGreaterThan(0);
      expect(took).toBeLessThan(1000);
    }
    for (const text of farewells) expect(text).toContain('text="Certificate revoked"');
    expect(served.service.calls()).toBe(0);
    expect(served.service.registrations().map(({ number }) => number)).toEqual([ALICE]);
    const metrics = await (
      await fetch(`http://${served.service.endpoints.metrics}/metrics`)
    ).text();
    for (const effect of ['sessions-ended', 'list-published'])
      expect(metrics).toContain(`discretio_revocation_seconds_count{effect="${effect}"} 1\n`);
    alice.line.close();
  } finally {
    await served.service.stop();
  }
});
