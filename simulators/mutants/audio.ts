import { nullCipher } from './audio-in-clear.ts';
import type { Mutant } from './mutant.ts';
import { aesCm128HmacSha1Tag32 } from './short-tag.ts';

/** Faults of what protects the audio. */
export const audioMutants: readonly Mutant[] = [
  {
    id: 'tag-of-32-bits',
    fault: 'both phones use SRTP tags of 32 bits',
    claims: ['5.1.g'],
    because: /a tag of 32 bits/,
    parts: { phone: { suite: aesCm128HmacSha1Tag32 } },
  },
  {
    id: 'audio-in-clear',
    fault: 'both phones send RTP as it is',
    claims: ['5.1.g', '5.1.m'],
    because: /in clear|as it is/,
    parts: { phone: { suite: nullCipher } },
  },
];
