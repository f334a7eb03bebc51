import type { Socket } from 'node:dgram';
import type { SrtpMaster } from '../../core/csl/key-schedule.ts';
import type { SrtpSuite } from '../../core/rtp/srtp.ts';
import { createMediaStream, type MediaStream, type StreamCounters } from '../../core/rtp/stream.ts';
import { frameSink, toneSource } from '../audio/voice.ts';
import type { PortPair } from './port-pair.ts';

/** Milliseconds of audio in a packet. */
const frameInterval = 20;

/** Milliseconds between RTCP reports: half the interval of RFC 3550 section 6.2 for the first, as for each new participant. */
const reportInterval = 5_000;

/** What a call's media needs once both sides are verified. */
export interface MediaSessionOptions {
  readonly suite: SrtpSuite;
  readonly ports: PortPair;
  readonly peer: { readonly address: string; readonly port: number };
  readonly ownKey: SrtpMaster;
  readonly peerKey: SrtpMaster;
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  readonly cname: string;
  /** Called after each packet that verified and held a frame. */
  readonly onAudio: () => void;
}

/** Audio of one call, both ways, until it is ended. */
export interface MediaSession {
  counters(): StreamCounters;
  /** Strongest frequency heard in the last second, in hertz; null where nothing can be decoded. */
  heard(): number | null;
  /** Stops audio and sends RTCP BYE; resolves once that is sent. The ports stay open. */
  end(): Promise<void>;
}

const createTicker = (interval: number, first: number, tick: () => void) => {
  const start = performance.now() + first;
  let count = 0;
  let timer: NodeJS.Timeout;
  const next = () => {
    tick();
    count += 1;
    // From the start, not from the last tick: a late tick does not shift those behind it.
    timer = setTimeout(next, Math.max(0, start + count * interval - performance.now()));
  };
  timer = setTimeout(next, first);
  return { stop: () => clearTimeout(timer) };
};

const openStream = (options: MediaSessionOptions): MediaStream => {
  const stream = createMediaStream({
    suite: options.suite,
    ownKey: options.ownKey,
    peerKey: options.peerKey,
    ssrc: options.ssrc,
    firstSequence: options.firstSequence,
    firstTimestamp: options.firstTimestamp,
    cname: options.cname,
    startedAt: Date.now(),
  });
  if (!stream.ok) throw new Error(`phone media: the stream cannot start: ${stream.error.code}`);
  return stream.value;
};

/** Starts sending and receiving audio. Sends silence never: constant frames of a tone, so that packet sizes tell nothing (RFC 6562). */
export const startMedia = (options: MediaSessionOptions): MediaSession => {
  const stream = openStream(options);
  const source = toneSource();
  const sink = frameSink();
  const { ports, peer } = options;
  const sendTo = (socket: Socket, port: number, datagram: Uint8Array): Promise<void> =>
    // A datagram that cannot be sent is as good as lost on the way.
    new Promise((resolve) => socket.send(datagram, port, peer.address, () => resolve()));
  const onRtp = (datagram: Uint8Array) => {
    const received = stream.receive(datagram, Date.now());
    if (received.ok && sink.accept(received.value.frame).ok) options.onAudio();
  };
  const onRtcp = (datagram: Uint8Array) => void stream.receiveControl(datagram, Date.now());
  ports.rtp.on('message', onRtp);
  ports.rtcp.on('message', onRtcp);
  const audio = createTicker(frameInterval, 0, () => {
    const packet = stream.sendFrame(source.next(), Date.now());
    if (packet.ok) void sendTo(ports.rtp, peer.port, packet.value);
  });
  const reports = createTicker(reportInterval, reportInterval / 2, () => {
    const report = stream.report(Date.now());
    if (report.ok) void sendTo(ports.rtcp, peer.port + 1, report.value);
  });
  return {
    counters: () => stream.counters(),
    heard: () => sink.dominantFrequency(),
    async end() {
      audio.stop();
      reports.stop();
      const goodbye = stream.goodbye(Date.now());
      ports.rtp.off('message', onRtp);
      ports.rtcp.off('message', onRtcp);
      stream.erase();
      source.close();
      sink.close();
      if (goodbye.ok) await sendTo(ports.rtcp, peer.port + 1, goodbye.value);
    },
  };
};
