import { concat, toBase64, toHex, utf8 } from '../../../reference/core/bytes.ts';
import type { SecretSearch } from './call-evidence.ts';

/** A value that must not be found anywhere. */
export interface Needle {
  readonly name: string;
  readonly value: Uint8Array;
}

/** Bytes to look through. */
export interface Haystack {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Base64 characters that a value gives at one of the three alignments, whatever stands before and behind it. */
const base64At = (value: Uint8Array, alignment: number): Uint8Array => {
  const text = toBase64(concat(new Uint8Array(alignment), value)).replace(/=+$/, '');
  const firstWhole = alignment === 0 ? 0 : 4;
  return utf8(text.slice(firstWhole, text.length - (text.length % 4 === 0 ? 0 : 1)));
};

const encodingsOf = (
  value: Uint8Array,
): readonly { readonly name: string; readonly bytes: Uint8Array }[] => [
  { name: 'raw', bytes: value },
  { name: 'hexadecimal', bytes: utf8(toHex(value)) },
  { name: 'hexadecimal', bytes: utf8(toHex(value).toUpperCase()) },
  ...[0, 1, 2].map((alignment) => ({ name: 'base64', bytes: base64At(value, alignment) })),
];

/** PEM and MIME break base64 into lines; a second view without line breaks sees across them. */
const withoutBreaks = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13));

const find = (needles: readonly Needle[], haystacks: readonly Haystack[]): SecretSearch['found'] =>
  haystacks.flatMap((haystack) => {
    const views = [Buffer.from(haystack.bytes), withoutBreaks(haystack.bytes)];
    return needles.flatMap((needle) => {
      const encoding = encodingsOf(needle.value).find(({ bytes }) =>
        views.some((view) => view.includes(Buffer.from(bytes))),
      );
      return encoding
        ? [{ needle: needle.name, place: haystack.name, encoding: encoding.name }]
        : [];
    });
  });

/** Plants every needle in every encoding, in base64 at odd places and with line breaks, among other bytes. */
const plantedCopies = (
  needles: readonly Needle[],
): readonly { readonly needle: Needle; readonly haystack: Haystack }[] =>
  needles.flatMap((needle) => {
    const inBase64 = [0, 1, 2].map((shift) =>
      toBase64(concat(new Uint8Array(shift).fill(7), needle.value, utf8('behind'))).replace(
        /.{64}/g,
        '$&\n',
      ),
    );
    const texts = [...inBase64, toHex(needle.value), toHex(needle.value).toUpperCase()];
    return [needle.value, ...texts.map((text) => utf8(text))].map((bytes) => ({
      needle,
      haystack: {
        name: 'planted',
        bytes: concat(utf8('before'), utf8('\n\n'), bytes, utf8('behind')),
      },
    }));
  });

/** Looks for every needle in every haystack, raw and encoded, and shows with planted copies that it would find them. Needles are 8 bytes or more. */
export const searchSecrets = (
  needles: readonly Needle[],
  haystacks: readonly Haystack[],
): SecretSearch => {
  const planted = plantedCopies(needles);
  return {
    needles: needles.map((needle) => needle.name),
    places: haystacks.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    found: find(needles, haystacks),
    control: {
      planted: planted.length,
      found: planted.filter(({ needle, haystack }) => find([needle], [haystack]).length > 0).length,
    },
  };
};
