import { describe, expect, it, test } from 'vitest';
import { handshakeReason } from './handshake-reason.ts';
import { createMetrics } from './metrics.ts';
import { startMetricsEndpoint } from './endpoint.ts';

const none = {
  'foreign-address': 0,
  'foreign-port': 0,
  'own-port': 0,
  'peer-unknown': 0,
  'too-long': 0,
  'not-sent': 0,
};
const state = {
  registered: 2,
  connections: 3,
  calls: 1,
  relaySessions: 2,
  relayed: { packets: 11, bytes: 1100, dropped: { ...none, 'foreign-address': 3 } },
  blockedNumbers: 0,
  pendingEnrolments: 4,
  waitingMessages: 0,
  expiries: [{ name: 'client authority', at: 61_000 }],
};

describe('measurements', () => {
  it('count what happened and show what is held', async () => {
    const metrics = createMetrics(
      () => state,
      () => 1_000,
    );
    metrics.enrolled();
    metrics.refused('enrolment/token-wrong', 'enrolment 0123');
    metrics.refused('enrolment/token-wrong', 'enrolment 4567');
    metrics.refused(
      'tls/handshake',
      '192.0.2.1: 00:error:0A000102:SSL routines:unsupported protocol',
    );
    metrics.revoked(2, 'keyCompromise');
    metrics.callStarted();
    metrics.revocationTook('sessions-ended', 15);
    await metrics.text();
    metrics.stored('numbers.revokeNumber', 3);
    const text = await metrics.text();
    for (const line of [
      'discretio_enrolments_total{outcome="issued"} 1',
      'discretio_enrolments_total{outcome="enrolment/token-wrong"} 2',
      'discretio_tls_handshakes_refused_total{reason="protocol version"} 1',
      'discretio_certificates_revoked_total{reason="keyCompromise"} 2',
      'discretio_relay_packets_total 11',
      'discretio_relay_bytes_total 1100',
      'discretio_relay_dropped_total{reason="foreign-address"} 3',
      'discretio_relay_dropped_total{reason="own-port"} 0',
      'discretio_relay_sessions 2',
      'discretio_revocation_seconds_bucket{le="0.02",effect="sessions-ended"} 1',
      'discretio_revocation_seconds_bucket{le="0.005",effect="sessions-ended"} 0',
      'discretio_registrations 2',
      'discretio_calls 1',
      'discretio_expiry_seconds{name="client authority"} 60',
      'discretio_store_seconds_bucket{le="0.005",operation="numbers.revokeNumber"} 1',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('take no number and no address for a label, and not endlessly many', async () => {
    const metrics = createMetrics(
      () => state,
      () => 0,
    );
    metrics.refused('+33612345678', '');
    metrics.refused('sip/192.0.2.1', '');
    for (let index = 0; index < 1000; index += 1)
      metrics.refused(
        `sip/${String.fromCodePoint(97 + (index % 26), 97 + (Math.floor(index / 26) % 26), 97 + (index % 7))}`,
        '',
      );
    const text = await metrics.text();
    expect(text).not.toMatch(/33612345678|192\.0\.2\.1/);
    expect(text.match(/^discretio_refusals_total\{/gm)?.length).toBe(101);
  });

  test.each([
    ['192.0.2.1: error:0A0000C1:SSL routines::no shared cipher', 'no shared suite'],
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'no client certificate'],
    ['ERR_SSL_HTTP_REQUEST', 'malformed'],
    ['192.0.2.1: read ECONNRESET', 'connection lost'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'timeout'],
    ['whatever a client made of it', 'other'],
  ])('call %j %s', (message, reason) => {
    expect(handshakeReason(message)).toBe(reason);
  });
});

describe('the endpoint', () => {
  it('answers with measurements and health, and nothing else', async () => {
    const parts = { store: true, signalling: true };
    const metrics = createMetrics(
      () => state,
      () => 0,
    );
    const served = await startMetricsEndpoint({
      host: '127.0.0.1',
      port: 0,
      metrics,
      readiness: () => parts,
    });
    const at = `http://127.0.0.1:${served.endpoint.port}`;
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(at + path, init);
      return { status: response.status, text: await response.text() };
    };
    expect(await ask('/metrics')).toMatchObject({
      status: 200,
      text: expect.stringContaining('discretio_registrations 2'),
    });
    expect(await ask('/health/live')).toEqual({ status: 200, text: '{"status":"live"}\n' });
    expect(await ask('/health/ready')).toMatchObject({ status: 200 });
    parts.store = false;
    expect(await ask('/health/ready')).toEqual({
      status: 503,
      text: '{"status":"not ready","parts":{"store":false,"signalling":true}}\n',
    });
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
    expect((await ask('/')).status).toBe(404);
    const again = startMetricsEndpoint({
      host: '127.0.0.1',
      port: served.endpoint.port,
      metrics,
      readiness: () => parts,
    });
    await expect(again).rejects.toThrow(/^metrics 127.0.0.1 port \d+: the port is in use; stop/);
    await served.close();
  });
});
