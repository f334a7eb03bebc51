import { describe, expect, it } from 'vitest';
import { createRelaySession } from './session.ts';

const caller = { address: '192.0.2.1', port: 50_000 };
const callee = { address: '192.0.2.2', port: 60_000 };

const established = () => {
  const session = createRelaySession();
  session.setPhone('caller', caller.address, 40_000);
  session.setPhone('callee', callee.address, 60_000);
  return session;
};

describe('a relay session', () => {
  it('forwards to the signalled port, then to the one learnt from the first packet', () => {
    const session = established();
    expect(session.receive('callee', 'rtp', callee)).toEqual({
      kind: 'forward',
      side: 'caller',
      to: { address: caller.address, port: 40_000 },
    });
    expect(session.receive('caller', 'rtp', caller)).toMatchObject({ to: callee });
    expect(session.receive('callee', 'rtp', callee)).toMatchObject({ to: caller });
  });

  it('sends RTCP to the port after the signalled RTP port', () => {
    expect(established().receive('caller', 'rtcp', caller)).toMatchObject({
      to: { address: callee.address, port: 60_001 },
    });
  });

  it('drops what comes from another address or, once learnt, from another port', () => {
    const session = established();
    session.receive('caller', 'rtp', caller);
    expect(session.receive('caller', 'rtp', { ...caller, port: 50_001 })).toEqual({
      kind: 'drop',
      reason: 'foreign-port',
    });
    expect(session.receive('caller', 'rtp', { address: '192.0.2.9', port: 50_000 })).toEqual({
      kind: 'drop',
      reason: 'foreign-address',
    });
    expect(session.counters('caller')).toEqual({ forwarded: 1, dropped: 2 });
  });

  it('accepts nothing before the phone of the leg is known, and forwards nothing to an unknown peer', () => {
    const session = createRelaySession();
    expect(session.receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-address' });
    session.setPhone('caller', caller.address, 40_000);
    expect(session.receive('caller', 'rtp', caller)).toMatchObject({ reason: 'peer-unknown' });
  });

  it('learns a port anew only after the connection moved to another address', () => {
    const session = established();
    session.receive('caller', 'rtp', caller);
    session.setPhone('caller', caller.address, 40_000);
    expect(session.receive('caller', 'rtp', { ...caller, port: 50_001 }).kind).toBe('drop');
    session.setPhone('caller', '192.0.2.7', 40_000);
    expect(session.receive('caller', 'rtp', { address: '192.0.2.7', port: 50_001 }).kind).toBe(
      'forward',
    );
  });
});
