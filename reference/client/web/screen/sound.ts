// Vite compiles a worklet and gives its address.
// oxlint-disable import/default
import microphoneUrl from './microphone.worklet.ts?worker&url';
import speakerUrl from './speaker.worklet.ts?worker&url';

/** What a user has to know about the sound of a call; `on` is nothing. */
export type SoundNote =
  | 'on'
  | 'sound off'
  | 'sound impossible'
  | 'microphone refused'
  | 'microphone missing'
  | 'microphone failed';

/** The browser's microphone and loudspeaker during a call. */
export interface Sound {
  /** Opens both, once; to be called from a click where that is possible, because browsers are silent before one. */
  start(): void;
  /** Tries again whatever did not work. */
  retry(): void;
  /** Plays 160 samples. */
  play(frame: ArrayBuffer): void;
  /** Lets the microphone go. */
  stop(): void;
}

/** What is open. */
interface Opened {
  readonly context: AudioContext;
  readonly speaker: AudioWorkletNode;
  tracks: readonly MediaStreamTrack[];
}

const noteOf = (error: unknown): SoundNote => {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'microphone refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError'
    ? 'microphone missing'
    : 'microphone failed';
};

const openSpeaker = async (context: AudioContext): Promise<AudioWorkletNode> => {
  await Promise.all([microphoneUrl, speakerUrl].map((url) => context.audioWorklet.addModule(url)));
  const speaker = new AudioWorkletNode(context, 'speaker', { numberOfInputs: 0 });
  speaker.connect(context.destination);
  return speaker;
};

const openMicrophone = (): Promise<MediaStream> =>
  // Absent where the page is not in a secure context.
  'mediaDevices' in navigator
    ? navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false },
      })
    : Promise.reject(new DOMException('no secure context', 'NotAllowedError'));

/** Leads a microphone's frames to whoever wants them. */
const listenTo = (
  { context }: Opened,
  stream: MediaStream,
  onFrame: (frame: ArrayBuffer) => void,
): void => {
  const microphone = new AudioWorkletNode(context, 'microphone', { numberOfOutputs: 0 });
  microphone.port.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) =>
    onFrame(data),
  );
  microphone.port.start();
  context.createMediaStreamSource(stream).connect(microphone);
};

/** For what a context refuses once it has ended, or before a click: its state tells the user what counts. */
const isNoMatter = (): void => undefined;

const close = ({ context, tracks }: Opened): void => {
  for (const track of tracks) track.stop();
  context.close().catch(isNoMatter);
};

/** Makes the sound of one page; `onNote` is told what the user has to know whenever that changes. */
export const createSound = (
  onFrame: (frame: ArrayBuffer) => void,
  onNote: (note: SoundNote) => void,
): Sound => {
  let opened: Opened | null = null;
  /** Grows with every start and stop: what was begun before is no longer wanted. */
  let turn = 0;
  const open = async (mine: number): Promise<void> => {
    const isOver = (): boolean => mine !== turn;
    const context = new AudioContext({ latencyHint: 'interactive' });
    const speaker = await openSpeaker(context).catch((error: unknown) => {
      context.close().catch(isNoMatter);
      throw error;
    });
    const current: Opened = { context, speaker, tracks: [] };
    if (isOver()) return close(current);
    opened = current;
    let microphone: SoundNote = 'on';
    const tell = (): void => {
      if (!isOver()) onNote(context.state === 'suspended' ? 'sound off' : microphone);
    };
    context.addEventListener('statechange', tell);
    // A browser that allows no sound yet leaves it suspended, which is told below.
    context.resume().catch(isNoMatter);
    try {
      const stream = await openMicrophone();
      current.tracks = stream.getTracks();
      if (isOver()) return close(current);
      listenTo(current, stream, onFrame);
    } catch (error) {
      microphone = noteOf(error);
    }
    tell();
  };
  const begin = (): void => {
    turn += 1;
    const mine = turn;
    open(mine).catch(() => {
      if (mine === turn) onNote('sound impossible');
    });
  };
  const end = (): void => {
    turn += 1;
    if (opened !== null) close(opened);
    opened = null;
  };
  let isWanted = false;
  return {
    start() {
      if (isWanted) return;
      isWanted = true;
      begin();
    },
    retry() {
      end();
      begin();
    },
    play(frame) {
      opened?.speaker.port.postMessage(frame, [frame]);
    },
    stop() {
      if (!isWanted) return;
      isWanted = false;
      end();
      onNote('on');
    },
  };
};
