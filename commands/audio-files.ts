import { loadSpeex, type SpeexDecoder } from '../reference/client/audio/speex-codec.ts';
import { concat, utf8 } from '../reference/core/bytes.ts';
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
const bytesPerSample = 2;

/** Samples kept of one stream: an hour. */
const longest = sampleRate * 3_600;

interface Stream {
  readonly decoder: SpeexDecoder;
  readonly parts: Int16Array[];
  samples: number;
}

const little = (value: number, bytes: 2 | 4): Uint8Array => {
  const field = new Uint8Array(4);
  new DataView(field.buffer).setUint32(0, value, true);
  return field.subarray(0, bytes);
};

/** RIFF WAVE, 16-bit PCM, one channel, 8 kHz. */
const wavOf = ({ parts, samples }: Stream): Uint8Array => {
  const data = concat(
    ...parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
  );
  const format = concat(
    little(1, 2),
    little(1, 2),
    little(sampleRate, 4),
    little(sampleRate * bytesPerSample, 4),
    little(bytesPerSample, 2),
    little(16, 2),
  );
  return concat(
    utf8('RIFF'),
    little(36 + samples * bytesPerSample, 4),
    utf8('WAVEfmt '),
    little(format.length, 4),
    format,
    utf8('data'),
    little(data.length, 4),
    data,
  );
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
