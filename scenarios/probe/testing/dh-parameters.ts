import { getDiffieHellman } from 'node:crypto';

/** Safe primes that nobody published, made once by `openssl dhparam`; hexadecimal. */
export const foreignPrimes = {
  768: [
    '823b5e8f2dc0e9fa21478649d0c7cbf98140b3b4afc3f32837c421aa4f34112e',
    'eed6f80079d18af6a0e4831a26705299f425f506b52231eff8906d406a42c8b4',
    'd3220a149ef4bcc5f53469e7456a69e8e4edf057a83bd3cacf9ba86f0d6a6cff',
  ].join(''),
  1024: [
    '9cfdb9dc89b035d0dec410ba5843297a97e7290043299292afaf3981a05b1308',
    '43b482220c5bd32b16f6a44edf0bb87d67af9c6eac5005383ac3b64bcf71d78d',
    '5be532e2b6032e191b5ac098e541056fc8dccb01c6bbc044a4636d8ea7c0da02',
    'e91a55716f0772c98a8abf72dd3aa56baac079eb523f4f2dc74f2e4d365d6397',
  ].join(''),
  2048: [
    'c5779d122a3d068a2a731dc5784cda59af28e3e8d50b1141d35af41726beb5e5',
    '17b41a2720a6ee4995c8f2334629f015d8d453da533e8d0538c184115fbef48d',
    '3b751139109ef116d47067023abca131b10e74e2226ae5ee9414d864a7432c01',
    'c39456893daedeaf429ebf8f1ff6ba9a45f65cd237e862db1360112eb28a89f5',
    '7b9a66864f9adff56301516cc847f3433a5e548dd95e4400edf69792deb21ddc',
    '7f5f863b882068d9324fb73028b9689682c62335cffeb980352e2d2d9bc6d84d',
    'cd6f32aba47af3d0d57493a4f6b00264af7cba75d9a6b51c250c5a058bde6201',
    '71862ba749fbf66973ece5a4883052c2094343c81cf1f28665d8699ce84079a7',
  ].join(''),
} as const;

/** The prime of a group of RFC 3526 (or, 2 for 1024 bits, RFC 2409) by its number; hexadecimal. */
export const modpPrime = (number: 2 | 14 | 15 | 16): string =>
  getDiffieHellman(`modp${number}`).getPrime('hex');

const derValue = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
};

const derInteger = (hex: string): Buffer => {
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return derValue(2, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
};

/** PEM of Diffie-Hellman parameters (PKCS #3) with any numbers, in hexadecimal, sound or not. */
export const dhParametersPem = (prime: string, generator = '2'): string => {
  const der = derValue(0x30, Buffer.concat([derInteger(prime), derInteger(generator)]));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN DH PARAMETERS-----\n${lines}\n-----END DH PARAMETERS-----\n`;
};
