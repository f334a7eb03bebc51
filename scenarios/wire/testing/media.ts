import { concat } from '../../../reference/core/bytes.ts';

/** A narrowband Speex frame of sub-mode 3 (160 bits), the same bits each time. */
export const speexFrame: Uint8Array = Uint8Array.from({ length: 20 }, (_, index) =>
  index === 0 ? 0x18 : 0x5a,
);

/** RTP packets of payload type 97 from sequence number 1000 on, 20 ms apart, with a payload in clear. */
export const rtpPackets = (
  ssrc: number,
  count: number,
  payload: Uint8Array = speexFrame,
): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => {
    const header = new Uint8Array(12);
    const view = new DataView(header.buffer);
    view.setUint16(0, 0x8061);
    view.setUint16(2, (1000 + index) % 65_536);
    view.setUint32(4, index * 160);
    view.setUint32(8, ssrc);
    return concat(header, payload);
  });
