import { describe, expect, it } from 'vitest';
import { documentSchema, imageDocument, mostImageBytes } from './document.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const pngOf = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set(signature);
  return bytes;
};

describe('the document of a picture', () => {
  it.each([12, 13, 14, mostImageBytes])('takes a PNG file of %i bytes', (length) => {
    const made = imageDocument('evidence/a.png', pngOf(length));
    expect(documentSchema.parse(made)).toEqual(made);
    expect(made).toMatchObject({ kind: 'image', path: 'evidence/a.png' });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('<svg onload="alert(1)"></svg>')],
    ['a signature that is cut', pngOf(12).subarray(0, 7)],
    ['too many bytes', pngOf(mostImageBytes + 3)],
  ])('is none of %s', (_, bytes) => {
    expect(imageDocument('evidence/a.png', bytes)).toBeNull();
  });
});
