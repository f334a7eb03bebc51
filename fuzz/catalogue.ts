import type { FuzzTarget } from './target.ts';
import { administration } from './targets/administration.ts';
import { adbPackets, adbSync, androidTexts } from './targets/android.ts';
import { automation } from './targets/automation.ts';
import { speex, wavFile } from './targets/audio.ts';
import { captureFile, httpStream, packets, wireFacts } from './targets/captures.ts';
import { byteTexts, targetFile, topologyFile } from './targets/descriptions.ts';
import { rtcp, rtp, sdp } from './targets/media.ts';
import { der } from './targets/der.ts';
import {
  certificate,
  certificateRequest,
  ocspRequest,
  ocspResponse,
  revocationList,
} from './targets/pki.ts';
import { registration } from './targets/registration.ts';
import { sipMessage } from './targets/sip-message.ts';
import { sipFraming, sipValues } from './targets/sip-parts.ts';
import { srtp } from './targets/srtp.ts';
import { tlsMessages, tlsRecords, tlsSessions } from './targets/tls.ts';
import { pageHeads, screenCommands } from './targets/web.ts';
import { base64 } from './targets/base64.ts';
import { cslConversation } from './targets/csl-conversation.ts';
import { cslHeaders } from './targets/csl-headers.ts';
import { cslInfo } from './targets/csl-info.ts';
import { pem } from './targets/pem.ts';
import { pkcs8 } from './targets/pkcs8.ts';

/** Every target, in the order in which `discretio fuzz` runs them. */
export const targets: readonly FuzzTarget[] = [
  cslHeaders,
  base64,
  cslInfo,
  cslConversation,
  pkcs8,
  pem,
  sipMessage,
  sipValues,
  sipFraming,
  sdp,
  rtp,
  rtcp,
  srtp,
  speex,
  wavFile,
  captureFile,
  packets,
  wireFacts,
  httpStream,
  tlsMessages,
  tlsRecords,
  tlsSessions,
  der,
  certificate,
  certificateRequest,
  revocationList,
  ocspRequest,
  ocspResponse,
  adbPackets,
  adbSync,
  androidTexts,
  targetFile,
  topologyFile,
  byteTexts,
  screenCommands,
  pageHeads,
  automation,
  registration,
  administration,
];
