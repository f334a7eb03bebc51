import { loadSpeex, type SpeexDecoder } from '../reference/client/audio/speex-codec.ts';
import { serializeWav } from '../reference/core/audio/wav.ts';
import type { AudioSink, VerifiedAudio } from '../scenarios/wire/facts-model.ts';

/** A stream's audio as a file. */
interface AudioFile {
  readonly name: string;
  readonly wav: Uint8Array;
}

/** Collects what verified and decodes it, one file for each stream; nothing where libspeex is missing. */
export interface AudioFiles extends AudioSink {
  files(): readonly AudioFile[];
}

const sampleRate = 8_000;

/** Samples kept of one stream: an hour. */
const longest = sampleRate * 3_600;

interface Stream {
  readonly decoder: SpeexDecoder;
  readonly parts: Int16Array[];
  samples: number;
}

const wavOf = ({ parts, samples }: Stream): Uint8Array => {
  const all = new Int16Array(samples);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return serializeWav(all);
};

const nameOf = ({ source, destination, ssrc }: VerifiedAudio): string =>
  `${source.host}-${source.port}-to-${destination.host}-${destination.port}-${ssrc.toString(16).padStart(8, '0')}`.replaceAll(
    ':',
    '.',
  );

/** Makes an empty collection. */
export const createAudioFiles = (): AudioFiles => {
  const codec = loadSpeex();
  const streams = new Map<string, Stream>();
  const close = () => {
    for (const { decoder } of streams.values()) decoder.close();
  };
  return {
    take(packet) {
      if (codec === null) return;
      const name = nameOf(packet);
      const stream = streams.get(name) ?? { decoder: codec.createDecoder(), parts: [], samples: 0 };
      streams.set(name, stream);
      if (stream.samples >= longest) return;
      const heard = stream.decoder.decode(packet.payload);
      stream.parts.push(heard);
      stream.samples += heard.length;
    },
    restart() {
      close();
      streams.clear();
    },
    files() {
      const files = [...streams].map(([name, stream]) => ({ name, wav: wavOf(stream) }));
      close();
      return files;
    },
  };
};
