import type { Socket } from 'node:dgram';
import type { SrtpMaster } from '../../core/csl/key-schedule.ts';
import type { SrtpSuite } from '../../core/rtp/srtp.ts';
import { createMediaStream, type MediaStream, type StreamCounters } from '../../core/rtp/stream.ts';
import { frameSink, toneSource, type FrameSink, type FrameSource } from '../audio/voice.ts';
import type { PortPair } from './port-pair.ts';
import { createTicker } from './ticker.ts';

/** Milliseconds of audio in a packet. */
const frameInterval = 20;

/** Milliseconds between RTCP reports: half the interval of RFC 3550 section 6.2 for the first, as for each new participant. */
const reportInterval = 5_000;

/** What a call's media needs once both sides are verified. */
export interface MediaSessionOptions {
  readonly suite: SrtpSuite;
  readonly ports: PortPair;
  /** The address is a literal one; RTCP goes to the port behind. */
  readonly peer: { readonly address: string; readonly port: number };
  readonly ownKey: SrtpMaster;
  readonly peerKey: SrtpMaster;
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  readonly cname: string;
  /** Called after each packet that verified and held a frame. */
  readonly onAudio: () => void;
  /** Called for what goes wrong in here: nothing is thrown at a timer or a socket. */
  readonly onFault: (error: unknown) => void;
}

/** Audio of one call, both ways, until it is ended. */
export interface MediaSession {
  /** Also after the end. */
  counters(): StreamCounters;
  /** Strongest frequency heard in the last second, in hertz; null where nothing can be decoded. */
  heard(): number | null;
  /** Stops audio, overwrites the session keys and sends RTCP BYE, once; resolves when that is sent. The ports stay open. */
  end(): Promise<void>;
}

const openStream = (options: MediaSessionOptions): MediaStream => {
  const stream = createMediaStream({ ...options, startedAt: Date.now() });
  if (!stream.ok) throw new Error(`phone media: the stream cannot start: ${stream.error.code}`);
  return stream.value;
};

const sendTo = (
  socket: Socket,
  { address }: MediaSessionOptions['peer'],
  port: number,
  datagram: Uint8Array,
): Promise<void> =>
  new Promise((resolve) => {
    // Behind RTP port 65535, which a signalling server may name, there is none for RTCP.
    if (port > 65_535) return resolve();
    // A datagram that cannot be sent is as good as lost on the way.
    socket.send(datagram, port, address, () => resolve());
  });

/** A function that gives what it throws to `onFault`. */
const guarded =
  <Given extends readonly unknown[]>(
    onFault: (error: unknown) => void,
    work: (...given: Given) => void,
  ) =>
  (...given: Given): void => {
    try {
      work(...given);
    } catch (error) {
      onFault(error);
    }
  };

/** Plays what verifies until the function returned is called. */
const startHearing = (
  { ports, onAudio, onFault }: MediaSessionOptions,
  stream: MediaStream,
  sink: FrameSink,
): (() => void) => {
  const onRtp = guarded(onFault, (datagram: Uint8Array) => {
    const received = stream.receive(datagram, Date.now());
    if (received.ok && sink.accept(received.value.frame).ok) onAudio();
  });
  const onRtcp = guarded(onFault, (datagram: Uint8Array) => {
    stream.receiveControl(datagram, Date.now());
  });
  ports.rtp.on('message', onRtp);
  ports.rtcp.on('message', onRtcp);
  return () => {
    ports.rtp.off('message', onRtp);
    ports.rtcp.off('message', onRtcp);
  };
};

const sendControl = (
  { ports, peer }: MediaSessionOptions,
  packet: ReturnType<MediaStream['report']>,
): Promise<void> =>
  packet.ok ? sendTo(ports.rtcp, peer, peer.port + 1, packet.value) : Promise.resolve();

/** Sends frames and reports until the function returned is called. */
const startTalking = (
  options: MediaSessionOptions,
  stream: MediaStream,
  source: FrameSource,
): (() => void) => {
  const { ports, peer, onFault } = options;
  const sendFrame = guarded(onFault, () => {
    const packet = stream.sendFrame(source.next(), Date.now());
    if (packet.ok) void sendTo(ports.rtp, peer, peer.port, packet.value);
  });
  const sendReport = guarded(onFault, () => {
    void sendControl(options, stream.report(Date.now()));
  });
  const frames = createTicker(frameInterval, 0, sendFrame);
  const reports = createTicker(reportInterval, reportInterval / 2, sendReport);
  return () => {
    frames.stop();
    reports.stop();
  };
};

/** Starts sending and receiving audio. Sends silence never: constant frames of a tone, so that packet sizes tell nothing (RFC 6562). */
export const startMedia = (options: MediaSessionOptions): MediaSession => {
  const stream = openStream(options);
  const source = toneSource();
  const sink = frameSink();
  const stopHearing = startHearing(options, stream, sink);
  const stopTalking = startTalking(options, stream, source);
  const stop = async (): Promise<void> => {
    stopTalking();
    stopHearing();
    const goodbye = stream.goodbye(Date.now());
    stream.erase();
    source.close();
    sink.close();
    await sendControl(options, goodbye);
  };
  let stopped: Promise<void> | undefined;
  return {
    counters: () => stream.counters(),
    heard: () => sink.dominantFrequency(),
    end: () => (stopped ??= stop()),
  };
};
