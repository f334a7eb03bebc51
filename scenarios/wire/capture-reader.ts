import type { CaptureItem, CaptureReader } from './capture-item.ts';
import { createCaptureScanner } from './capture-scanner.ts';

/** Reads pcapng and classic pcap item by item, each with bytes of its own; {@link createCaptureScanner} does without copies. */
export const createCaptureReader = (): CaptureReader => {
  let items: CaptureItem[] = [];
  const scanner = createCaptureScanner({
    packet: ({ bytes, from, to, at, linkType, length }) =>
      items.push({ kind: 'packet', at, linkType, bytes: bytes.slice(from, to), length }),
    note: (note) => items.push(note),
  });
  const taken = (): readonly CaptureItem[] => {
    const given = items;
    items = [];
    return given;
  };
  return {
    push: (chunk) => {
      scanner.push(chunk);
      return taken();
    },
    end: () => {
      scanner.end();
      return taken();
    },
  };
};
