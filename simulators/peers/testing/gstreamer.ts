import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { freeUdpPort } from '../../../devices/kamailio/free-port.ts';
import {
  startMedia,
  type MediaSession,
  type MediaSessionOptions,
} from '../../../reference/client/media/media-session.ts';
import type { SrtpMaster } from '../../../reference/core/csl/key-schedule.ts';
import { toHex } from '../../../reference/core/bytes.ts';
import { startProgram, type PeerProgram } from './program.ts';

/** Audio of one phone, made and opened by GStreamer. */
export interface GstreamerAudio {
  /** What a phone is composed of to speak and hear by GStreamer. */
  readonly startMedia: typeof startMedia;
  /** Datagrams that GStreamer made, and that it was given, as they crossed the phone's socket. */
  counters(): { readonly sent: number; readonly given: number };
  /** Of the packets that it sent; null before the first. */
  source(): number | null;
  /** What the two pipelines said. */
  said(): string;
  stop(): Promise<void>;
}

/** How a phone's audio by GStreamer is tried. */
export interface GstreamerSettings {
  readonly folder: string;
  /** Cycles per second of the tone that it sends. */
  readonly tone: number;
  /** Where it writes what it heard: samples of 16 bits, little-endian, 8,000 a second. */
  readonly heardFile: string;
  /** Alters the master key that it sends under; the agreed one where absent. */
  readonly alterKey?: (key: Uint8Array) => Uint8Array;
}

const host = '127.0.0.1';
const profile = ['srtp', 'srtcp'].flatMap((protocol) => [
  `${protocol}-cipher=(string)aes-128-icm`,
  `${protocol}-auth=(string)hmac-sha1-80`,
]);

/** Master key and salt as srtpenc and srtpdec take them: 30 bytes. */
const keyText = ({ masterKey, masterSalt }: SrtpMaster): string =>
  toHex(masterKey) + toHex(masterSalt);

const sendingPipeline = (
  { ownKey, ssrc, firstSequence, firstTimestamp }: MediaSessionOptions,
  { tone, alterKey = (key) => key }: GstreamerSettings,
  port: number,
): string => {
  const key = keyText({ ...ownKey, masterKey: alterKey(ownKey.masterKey) });
  return [
    `audiotestsrc is-live=true samplesperbuffer=160 freq=${tone}`,
    'audio/x-raw,rate=8000,channels=1',
    'speexenc quality=8',
    `rtpspeexpay pt=97 ssrc=${ssrc} seqnum-offset=${firstSequence} timestamp-offset=${firstTimestamp}`,
    `srtpenc key=${key} rtp-cipher=aes-128-icm rtp-auth=hmac-sha1-80 rtcp-cipher=aes-128-icm rtcp-auth=hmac-sha1-80`,
    `udpsink host=${host} port=${port}`,
  ].join(' ! ');
};

const hearingPipeline = (
  { peerKey }: MediaSessionOptions,
  { heardFile }: GstreamerSettings,
  port: number,
  ssrc: number,
): string => {
  const caps = [
    'application/x-srtp',
    'media=(string)audio',
    'clock-rate=(int)8000',
    'encoding-name=(string)SPEEX',
    'payload=(int)97',
    `ssrc=(uint)${ssrc}`,
    `srtp-key=(buffer)${keyText(peerKey)}`,
    ...profile,
    'roc=(uint)0',
  ].join(',');
  return [
    `udpsrc address=${host} port=${port} caps=${caps}`,
    'srtpdec',
    'rtpspeexdepay',
    'speexdec',
    'audioconvert',
    'audio/x-raw,format=S16LE,rate=8000,channels=1',
    `filesink location=${heardFile} buffer-mode=unbuffered`,
  ].join(' ! ');
};

const launch = (pipeline: string, folder: string): PeerProgram =>
  startProgram('gst-launch-1.0', pipeline.split(' '), folder);

/** Of an RTP packet; 0 where it is none. */
export const ssrcOf = (packet: Buffer): number => (packet.length < 12 ? 0 : packet.readUInt32BE(8));

/**
 * Audio for one call: GStreamer's SRTP goes out by the phone's own port, and what arrives there is given to GStreamer unopened. The
 * phone itself only counts what it hears, and keeps up RTCP.
 */
export const gstreamerAudio = async (settings: GstreamerSettings): Promise<GstreamerAudio> => {
  const fromGstreamer: Socket = createSocket('udp4').bind(0, host);
  await once(fromGstreamer, 'listening');
  const hearingPort = await freeUdpPort(host);
  const pipelines: PeerProgram[] = [];
  const counted = { sent: 0, given: 0 };
  let isStopped = false;
  let source: number | null = null;
  const run = (pipeline: string): PeerProgram => {
    const program = launch(pipeline, settings.folder);
    pipelines.push(program);
    return program;
  };
  const hear = (options: MediaSessionOptions): void => {
    let state: 'waiting' | 'starting' | 'open' = 'waiting';
    options.ports.rtp.on('message', (packet: Buffer) => {
      if (isStopped) return;
      if (state === 'waiting') {
        state = 'starting';
        // srtpdec must be told the source.
        const program = run(hearingPipeline(options, settings, hearingPort, ssrcOf(packet)));
        program.line(/PLAYING/).then(
          () => (state = 'open'),
          () => undefined,
        );
      } else if (state === 'open') {
        counted.given += 1;
        fromGstreamer.send(packet, hearingPort, host);
      }
    });
  };
  return {
    startMedia(options): MediaSession {
      const { ports, peer } = options;
      fromGstreamer.on('message', (packet: Buffer) => {
        if (isStopped) return;
        counted.sent += 1;
        source = ssrcOf(packet);
        ports.rtp.send(packet, peer.port, peer.address);
      });
      run(sendingPipeline(options, settings, fromGstreamer.address().port));
      hear(options);
      const session = startMedia({ ...options, direction: 'recvonly' });
      return {
        ...session,
        end() {
          isStopped = true;
          return session.end();
        },
      };
    },
    counters: () => ({ ...counted }),
    source: () => source,
    said: () => pipelines.map((program) => program.said()).join('\n'),
    async stop() {
      isStopped = true;
      for (const program of pipelines) await program.stop('SIGINT');
      fromGstreamer.close();
    },
  };
};
