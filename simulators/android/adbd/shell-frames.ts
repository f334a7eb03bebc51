import { concat } from '../../../reference/core/bytes.ts';

/** Frames of the shell protocol that the feature `shell_v2` announces: a kind, a length and bytes. */
export const frameKinds = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  exit: 3,
  closeStdin: 4,
  windowSize: 5,
} as const;

export interface ShellFrame {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a frame. */
export const encodeFrame = ({ kind, bytes }: ShellFrame): Uint8Array => {
  const header = new Uint8Array(5);
  header[0] = kind;
  new DataView(header.buffer).setUint32(1, bytes.length, true);
  return concat(header, bytes);
};

/** Cuts what the host sends into frames; anything is a frame, whose length the stream's end may cut short. */
export const createFrameReader = () => {
  let held: Uint8Array = new Uint8Array();
  return (bytes: Uint8Array): readonly ShellFrame[] => {
    held = concat(held, bytes);
    const frames: ShellFrame[] = [];
    while (held.length >= 5) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(1, true);
      if (held.length < 5 + length) break;
      frames.push({ kind: held[0] ?? 0, bytes: held.slice(5, 5 + length) });
      held = held.subarray(5 + length);
    }
    return frames;
  };
};
