import type { MasterKey, SessionKeys } from './key-derivation.ts';
import { KEY_LIFETIME, type KeyLimits } from './packet-index.ts';
import { createSrtpReceiver, type SrtpReceiver } from './srtp-receiver.ts';
import { createSrtpSender, type SrtpSender } from './srtp-sender.ts';
import { createTransforms, type SrtpTransform } from './srtp-transform.ts';

/** A protection profile: how a master key becomes a sender and a receiver. */
export interface SrtpSuite {
  sender(key: MasterKey): SrtpSender;
  receiver(key: MasterKey): SrtpReceiver;
}

/** The suite whose packets go through transforms of one kind, for so many packets to a master key. */
export const srtpSuiteOf = (
  create: (keys: SessionKeys) => SrtpTransform,
  limits: KeyLimits = KEY_LIFETIME,
): SrtpSuite => ({
  sender: (key) => createSrtpSender(createTransforms(key, create), { limits }),
  receiver: (key) => createSrtpReceiver(createTransforms(key, create), { limits }),
});
