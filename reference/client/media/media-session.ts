import type { Socket } from 'node:dgram';
import type { SrtpMaster } from '../../core/csl/key-schedule.ts';
import type { SrtpSuite } from '../../core/rtp/srtp.ts';
import {
  createMediaContexts,
  type MediaContexts,
  type NextContext,
} from '../../core/rtp/media-contexts.ts';
import { createIncomingAudio, type IncomingAudio } from '../../core/audio/incoming.ts';
import type { StreamCounters } from '../../core/rtp/stream.ts';
import { defaultAudio, type PhoneAudio } from '../audio/phone-audio.ts';
import { speexLibrary, type SpeexLibrary } from '../audio/speex-codec.ts';
import {
  describeCodec,
  frameSink,
  voiceSource,
  type FrameSink,
  type FrameSource,
} from '../audio/voice.ts';
import type { PortPair } from './port-pair.ts';
import { createRefusalTally, type MediaRefusal } from './refusal-tally.ts';
import { createTicker } from './ticker.ts';

/** Milliseconds of audio in a packet. */
const frameInterval = 20;

/** Samples in a millisecond, the unit of jitter in RTP. */
const samplesPerMillisecond = 8;

/** Where the peer hears: a literal address; RTCP goes to the port behind. */
export interface MediaPeer {
  readonly address: string;
  readonly port: number;
}

/** Which way audio goes, as this phone sees it (RFC 3264 section 5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a re-INVITE that verified changes (interpretations I-9); the SSRC is a new one (I-4). */
export interface MediaChange extends NextContext {
  readonly peer: MediaPeer;
  readonly direction: MediaDirection;
}

/** What a call's media needs once both sides are verified. */
export interface MediaSessionOptions {
  readonly suite: SrtpSuite;
  readonly ports: PortPair;
  readonly peer: MediaPeer;
  /** `sendrecv` where absent. */
  readonly direction?: MediaDirection;
  /** Milliseconds since 1970, never going back; the machine's where absent. */
  readonly now?: () => number;
  readonly ownKey: SrtpMaster;
  readonly peerKey: SrtpMaster;
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  readonly cname: string;
  /** A tone and no file where absent. */
  readonly audio?: PhoneAudio;
  /** The machine's libspeex where absent. */
  readonly speex?: SpeexLibrary;
  /** Called for the first, tenth, hundredth… datagram that is refused for a reason. */
  readonly onRefusal?: (refusal: MediaRefusal) => void;
  /** Called after each packet that verified and held a frame. */
  readonly onAudio: () => void;
  /** Called for what goes wrong in here: nothing is thrown at a timer or a socket. */
  readonly onFault: (error: unknown) => void;
}

/** A call's media so far, over all its keys. */
export interface MediaStatistics {
  /** RTP packets. */
  readonly sent: number;
  /** Authentic RTP packets of the peer. */
  readonly received: number;
  /** RTP packets of the peer that never came. */
  readonly lost: number;
  /** Datagrams that were not accepted, for whatever reason; {@link MediaSessionOptions.onRefusal} tells which. */
  readonly refused: number;
  /** Authentic RTP packets that hold no frame that can be decoded. */
  readonly malformed: number;
  /** Interarrival jitter in milliseconds (RFC 3550 appendix A.8). */
  readonly jitter: number;
  /** Milliseconds to the peer and back; null until its reports tell. */
  readonly roundTrip: number | null;
  /** Frames that came when their turn was over. */
  readonly late: number;
  /** Frames of 20 ms that were played without having come in time. */
  readonly concealed: number;
  /** Milliseconds that audio waits at least to be played in time. */
  readonly delay: number;
}

/** Audio of one call, both ways, until it is ended. */
export interface MediaSession {
  /** Also after the end. */
  counters(): StreamCounters;
  /** Also after the end. */
  statistics(): MediaStatistics;
  /** One line: how audio is encoded, or that it is not, and why. */
  codec(): string;
  /** Strongest frequency heard in the last second, in hertz; null where nothing can be decoded. */
  heard(): number | null;
  /**
   * Goes on under fresh keys, at once: sends with them if the direction allows it (else nothing but RTCP), and receives with
   * them; packets under the keys before are received for 2 s more. Counters go on. Throws where the SSRC is not a new one or
   * the first sequence number is out of range; after the end nothing happens.
   */
  change(next: MediaChange): void;
  /** Stops audio, overwrites the session keys and sends RTCP BYE, once; resolves when that is sent. The ports stay open. */
  end(): Promise<void>;
}

const monotonicNow = (): number => performance.timeOrigin + performance.now();

/** What the parts of one session share. */
interface Running {
  readonly options: MediaSessionOptions;
  readonly contexts: MediaContexts;
  readonly incoming: IncomingAudio;
  readonly now: () => number;
  readonly refuse: ReturnType<typeof createRefusalTally>;
  peer: MediaPeer;
  direction: MediaDirection;
}

const begin = (options: MediaSessionOptions): Running => {
  const now = options.now ?? monotonicNow;
  const contexts = createMediaContexts({ ...options, random: Math.random, startedAt: now() });
  if (!contexts.ok) throw new Error(`phone media: the stream cannot start: ${contexts.error.code}`);
  const { peer, direction = 'sendrecv' } = options;
  const refuse = createRefusalTally((refusal) => options.onRefusal?.(refusal));
  const incoming = createIncomingAudio();
  return { options, contexts: contexts.value, incoming, now, refuse, peer, direction };
};

const maySend = ({ direction }: Running): boolean =>
  direction === 'sendrecv' || direction === 'sendonly';

const mayHear = ({ direction }: Running): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

const sendTo = (
  socket: Socket,
  { address }: MediaPeer,
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

/** Takes what arrives until the function returned is called. */
const startReceiving = (running: Running): (() => void) => {
  const { options, contexts, incoming, now, refuse } = running;
  const { ports, onAudio, onFault } = options;
  const onRtp = guarded(onFault, (datagram: Uint8Array) => {
    const received = contexts.receive(datagram, now());
    if (!received.ok) return refuse('rtp', received.error);
    const frame = incoming.packet(received.value, now(), mayHear(running) ? undefined : 'muted');
    if (!frame.ok) return refuse('rtp', frame.error);
    onAudio();
  });
  const onRtcp = guarded(onFault, (datagram: Uint8Array) => {
    const received = contexts.receiveControl(datagram, now());
    if (!received.ok) refuse('rtcp', received.error);
  });
  ports.rtp.on('message', onRtp);
  ports.rtcp.on('message', onRtcp);
  return () => {
    ports.rtp.off('message', onRtp);
    ports.rtcp.off('message', onRtcp);
  };
};

const sendControl = (
  { options, peer }: Running,
  packet: ReturnType<MediaContexts['goodbye']>,
): Promise<void> =>
  packet.ok ? sendTo(options.ports.rtcp, peer, peer.port + 1, packet.value) : Promise.resolve();

const sendFrame = (running: Running, source: FrameSource): void => {
  const { options, contexts, now, refuse, peer } = running;
  const packet = contexts.sendFrame(source.next(), now());
  if (packet.ok) void sendTo(options.ports.rtp, peer, peer.port, packet.value);
  else refuse('send', packet.error);
};

const playFrame = (running: Running, sink: FrameSink): void => {
  const heard = mayHear(running) ? running.incoming.next(running.now()) : 'idle';
  if (heard === 'idle') sink.rest();
  else sink.accept(heard);
};

/** Every 20 ms sends a frame, plays one and reports if that is due, until the function returned is called. */
const startTicking = (running: Running, source: FrameSource, sink: FrameSink): (() => void) => {
  const { options, contexts, now } = running;
  const tick = guarded(options.onFault, () => {
    contexts.expire(now());
    if (maySend(running)) sendFrame(running, source);
    playFrame(running, sink);
    const report = contexts.report(now());
    if (report) void sendControl(running, report);
  });
  const ticker = createTicker(frameInterval, 0, tick);
  return () => ticker.stop();
};

/** Tells the peer that the old source is gone (RFC 3550 section 8.2), then goes over to the new one. */
const changeTo = (running: Running, { peer, direction, ...context }: MediaChange): void => {
  const { contexts, now } = running;
  const goodbye = contexts.goodbye(now());
  const changed = contexts.change(context, now());
  if (!changed.ok) throw new Error(`phone media: the keys cannot change: ${changed.error.code}`);
  void sendControl(running, goodbye);
  running.peer = peer;
  running.direction = direction;
};

const statisticsOf = ({ contexts, incoming }: Running): MediaStatistics => {
  const { sent, received, lost, refused, jitter, roundTrip } = contexts.counters();
  const { malformed, late, concealed, delay } = incoming.counters();
  return {
    sent,
    received,
    lost,
    refused,
    malformed,
    jitter: jitter / samplesPerMillisecond,
    roundTrip,
    late,
    concealed,
    delay,
  };
};

/** Throws where a file cannot be opened, and holds nothing then. */
const openVoice = (audio: PhoneAudio, speex: SpeexLibrary, contexts: MediaContexts) => {
  try {
    const sink = frameSink(audio.sink, speex);
    return { sink, source: voiceSource(audio.source, audio.speex, speex) };
  } catch (error) {
    contexts.erase();
    throw error;
  }
};

/** Starts sending and receiving audio; silence is sent as frames like any other, at a constant bit rate, so that packets tell nothing (RFC 6562). */
export const startMedia = (options: MediaSessionOptions): MediaSession => {
  const { audio = defaultAudio, speex = speexLibrary() } = options;
  const running = begin(options);
  const { contexts, now } = running;
  const { source, sink } = openVoice(audio, speex, contexts);
  const stopReceiving = startReceiving(running);
  const stopTicking = startTicking(running, source, sink);
  const stop = async (): Promise<void> => {
    stopTicking();
    stopReceiving();
    const goodbye = contexts.goodbye(now());
    contexts.erase();
    source.close();
    sink.close();
    await sendControl(running, goodbye);
  };
  let stopped: Promise<void> | undefined;
  return {
    counters: () => contexts.counters(),
    statistics: () => statisticsOf(running),
    codec: () => describeCodec(audio.speex, speex),
    heard: () => sink.dominantFrequency(),
    change: (next) => {
      if (!stopped) changeTo(running, next);
    },
    end: () => (stopped ??= stop()),
  };
};
