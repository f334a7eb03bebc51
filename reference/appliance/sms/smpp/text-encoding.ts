/** A text as SMPP carries it (SMPP 3.4 section 5.2.19). */
export interface EncodedText {
  /** 0: the centre's default alphabet, here that of GSM, one octet a septet; 8: UCS-2. */
  readonly dataCoding: 0 | 8;
  readonly octets: Uint8Array;
}

/** The GSM 7-bit default alphabet in its order (3GPP TS 23.038 section 6.2.1); position 27 leads to the extension table. */
const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

const escape = 27;

/** Its extension (section 6.2.1.1). */
const extension: Readonly<Record<string, number>> = {
  '\f': 10,
  '^': 20,
  '{': 40,
  '}': 41,
  '\\': 47,
  '[': 60,
  '~': 61,
  ']': 62,
  '|': 64,
  '€': 101,
};

const septets = new Map<string, readonly number[]>([
  ...Array.from(basic, (character, code) => [character, [code]] as const),
  ...Object.entries(extension).map(([character, code]) => [character, [escape, code]] as const),
]);
septets.delete('\u001b');

/** Encodes by the GSM alphabet where it has every character, else as UCS-2 (big-endian UTF-16). */
export const encodeText = (text: string): EncodedText => {
  const codes = Array.from(text, (character) => septets.get(character));
  if (codes.every((code) => code !== undefined)) {
    return { dataCoding: 0, octets: Uint8Array.from(codes.flat()) };
  }
  return { dataCoding: 8, octets: new Uint8Array(Buffer.from(text, 'utf16le').swap16()) };
};
