import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  createRelaySession,
  figuresLength,
  maximumDatagram,
  readCounters,
  type Component,
  type RelaySession,
  type Side,
} from './session.ts';

const own = { host: '192.0.2.100', first: 20_000, last: 29_999 };
const caller = { address: '192.0.2.1', port: 50_000 };
const callee = { address: '192.0.2.2', port: 60_000 };

const open = () => {
  const figures = new Float64Array(figuresLength);
  const session = createRelaySession(own, figures);
  const receive = (
    side: Side,
    component: Component,
    { address, port }: { readonly address: string; readonly port: number },
    length = 60,
  ) => session.receive(side, component, address, port, length);
  return { session, receive, counters: (side: Side) => readCounters(figures, side) };
};

const established = () => {
  const opened = open();
  opened.session.setPhone('caller', caller.address, 40_000);
  opened.session.setPhone('callee', callee.address, 60_000);
  return opened;
};

const dropped = {
  'foreign-address': 0,
  'foreign-port': 0,
  'own-port': 0,
  'peer-unknown': 0,
  'too-long': 0,
  'not-sent': 0,
};

describe('a relay session', () => {
  it('forwards to the signalled port, then to the one learnt from the first packet', () => {
    const { receive } = established();
    expect(receive('callee', 'rtp', callee)).toEqual({
      kind: 'forward',
      side: 'caller',
      to: { address: caller.address, port: 40_000 },
    });
    expect(receive('caller', 'rtp', caller)).toMatchObject({ to: callee });
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: caller });
  });

  it('sends RTCP to the port after the signalled RTP port, and learns it apart', () => {
    const { receive } = established();
    expect(receive('caller', 'rtcp', caller)).toMatchObject({
      to: { address: callee.address, port: 60_001 },
    });
    expect(receive('callee', 'rtcp', callee)).toMatchObject({ to: caller });
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: { port: 40_000 } });
  });

  it('has no RTCP for a phone whose RTP port is the last of all', () => {
    const { session, receive } = established();
    session.setPhone('callee', callee.address, 65_535);
    expect(receive('caller', 'rtcp', caller)).toMatchObject({ reason: 'peer-unknown' });
    expect(receive('caller', 'rtp', caller)).toMatchObject({ to: { port: 65_535 } });
  });

  it.each(['rtp', 'rtcp'] as const)(
    'drops %s from another address or, once learnt, from another port, and counts why',
    (component) => {
      const { receive, counters } = established();
      receive('caller', component, caller);
      expect(receive('caller', component, { ...caller, port: 50_001 })).toEqual({
        kind: 'drop',
        reason: 'foreign-port',
      });
      const elsewhere = { address: '192.0.2.9', port: caller.port };
      expect(receive('caller', component, elsewhere)).toEqual({
        kind: 'drop',
        reason: 'foreign-address',
      });
      // The other phone of the call is an outsider on this leg, too.
      expect(receive('caller', component, callee)).toMatchObject({ reason: 'foreign-address' });
      expect(counters('caller')).toEqual({
        packets: 1,
        bytes: 60,
        dropped: { ...dropped, 'foreign-address': 2, 'foreign-port': 1 },
      });
      expect(counters('callee')).toEqual({ packets: 0, bytes: 0, dropped });
    },
  );

  it('accepts nothing before the phone of the leg is known, and forwards nothing to an unknown peer', () => {
    const { session, receive } = open();
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-address' });
    session.moved('caller', caller.address);
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-address' });
    session.setPhone('caller', caller.address, 40_000);
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'peer-unknown' });
  });

  it('never learns a port of the relay itself', () => {
    const { session, receive } = open();
    session.setPhone('caller', own.host, 40_000);
    session.setPhone('callee', callee.address, 60_000);
    for (const port of [own.first, own.last])
      expect(receive('caller', 'rtp', { address: own.host, port })).toMatchObject({
        reason: 'own-port',
      });
    expect(receive('caller', 'rtp', { address: own.host, port: own.last + 1 }).kind).toBe(
      'forward',
    );
  });

  it('drops what is longer than a frame, and takes back what could not be sent', () => {
    const { session, receive, counters } = established();
    expect(receive('caller', 'rtp', caller, maximumDatagram).kind).toBe('forward');
    expect(receive('caller', 'rtp', caller, maximumDatagram + 1)).toMatchObject({
      reason: 'too-long',
    });
    session.notSent('caller', maximumDatagram);
    expect(counters('caller')).toMatchObject({
      packets: 0,
      bytes: 0,
      dropped: { 'too-long': 1, 'not-sent': 1 },
    });
  });

  it('gives the same decision object for packet after packet', () => {
    const { receive } = established();
    const first = receive('caller', 'rtp', caller);
    expect(receive('caller', 'rtp', caller)).toBe(first);
  });
});

describe('learning a port anew', () => {
  it('needs another connection: a repeated session description changes nothing', () => {
    const { session, receive } = established();
    receive('caller', 'rtp', caller);
    session.setPhone('caller', caller.address, 40_000);
    expect(receive('caller', 'rtp', { ...caller, port: 50_001 }).kind).toBe('drop');
    session.moved('caller', caller.address);
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: caller });
    expect(receive('caller', 'rtp', { ...caller, port: 50_001 }).kind).toBe('forward');
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-port' });
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: { port: 50_001 } });
  });

  it('at another address, the old one is an outsider', () => {
    const { session, receive } = established();
    receive('caller', 'rtp', caller);
    const moved = { address: '192.0.2.7', port: 50_001 };
    session.moved('caller', moved.address);
    expect(receive('callee', 'rtp', callee)).toMatchObject({
      to: { address: moved.address, port: 40_000 },
    });
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-address' });
    expect(receive('caller', 'rtp', moved).kind).toBe('forward');
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: moved });
  });

  it('after a new port was signalled, the old one is heard until the new one speaks', () => {
    const { session, receive } = established();
    receive('caller', 'rtp', caller);
    session.setPhone('caller', caller.address, 41_000);
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: { port: 41_000 } });
    expect(receive('caller', 'rtp', caller).kind).toBe('forward');
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: { port: 41_000 } });
    expect(receive('caller', 'rtp', { ...caller, port: 51_000 }).kind).toBe('forward');
    expect(receive('caller', 'rtp', caller)).toMatchObject({ reason: 'foreign-port' });
    expect(receive('callee', 'rtp', callee)).toMatchObject({ to: { port: 51_000 } });
  });
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant('packet' as const),
    side: fc.constantFrom<Side>('caller', 'callee'),
    component: fc.constantFrom<Component>('rtp', 'rtcp'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', own.host),
    port: fc.constantFrom(1, 20_000, 40_000, 40_001, 65_535),
    length: fc.constantFrom(0, 60, 9000),
  }),
  fc.record({
    kind: fc.constantFrom('phone' as const, 'moved' as const),
    side: fc.constantFrom<Side>('caller', 'callee'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', own.host),
    port: fc.constantFrom(40_000, 65_535),
  }),
);

describe('whatever happens to a relay session', () => {
  test.prop([fc.array(step, { maxLength: 40 })])(
    'it hears only the named addresses, sends only to them, and counts every packet once',
    (steps) => {
      const { session, receive, counters } = open();
      const named: Record<Side, string | null> = { caller: null, callee: null };
      let packets = 0;
      const take = (session: RelaySession, given: (typeof steps)[number]): void => {
        if (given.kind !== 'packet') {
          if (given.kind === 'phone') session.setPhone(given.side, given.address, given.port);
          else session.moved(given.side, given.address);
          if (given.kind === 'phone' || named[given.side] !== null)
            named[given.side] = given.address;
          return;
        }
        packets += 1;
        const decision = receive(given.side, given.component, given, given.length);
        if (decision.kind === 'drop') return;
        expect(given.address).toBe(named[given.side]);
        expect(decision.to.address).toBe(named[decision.side]);
        expect(decision.side).not.toBe(given.side);
        expect(decision.to.port).toBeLessThanOrEqual(65_535);
      };
      for (const each of steps) take(session, each);
      const total = (['caller', 'callee'] as const)
        .map(counters)
        .flatMap((leg) => [leg.packets, ...Object.values(leg.dropped)])
        .reduce((sum, count) => sum + count, 0);
      expect(total).toBe(packets);
    },
  );
});
