import { readFileSync } from 'node:fs';
import { fromHex } from '../reference/core/bytes.ts';
import { gatherFacts } from '../scenarios/wire/facts.ts';
import { sipPort, type GeneratedCapture } from './generate-capture.ts';

/** What the worker measured, printed as JSON. */
export interface InspectMeasurement {
  /** Of the gathering alone. */
  readonly seconds: number;
  /** Peak resident memory of the process, bytes. */
  readonly peakMemory: number;
  readonly packets: number;
  readonly problems: number;
  readonly sipMessages: number;
  readonly establishedSessions: number;
  readonly rtpFlows: number;
  readonly verified: number;
  readonly failed: number;
}

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex);
  if (!bytes.ok) throw new Error(`a generated key: ${bytes.error.code}`);
  return bytes.value;
};

const measure = async (
  file: string,
  generated: GeneratedCapture,
  mode: string,
): Promise<InspectMeasurement> => {
  const srtpKeys = generated.keys.map(({ ssrc, masterKey, masterSalt }) => ({
    ssrc,
    masterKey: bytesOf(masterKey),
    masterSalt: bytesOf(masterSalt),
  }));
  const started = performance.now();
  const facts = await gatherFacts(file, {
    sipPorts: [sipPort],
    registrationPorts: [443],
    keptBytes: 0,
    ...(mode === 'facts' ? {} : { tlsKeyLog: generated.tlsKeyLog }),
    ...(mode === 'srtp' ? { srtpKeys } : {}),
  });
  const seconds = (performance.now() - started) / 1000;
  const sum = (count: (flow: (typeof facts.udpFlows)[number]) => number): number =>
    facts.udpFlows.reduce((total, flow) => total + count(flow), 0);
  return {
    seconds,
    peakMemory: process.resourceUsage().maxRSS * 1024,
    packets: facts.packets,
    problems: facts.problems.length,
    sipMessages: facts.sipMessages.length,
    establishedSessions: facts.tlsSessions.filter(({ established }) => established).length,
    rtpFlows: facts.udpFlows.filter(({ protocol }) => protocol === 'rtp').length,
    verified: sum(({ srtp }) => srtp?.verified ?? 0),
    failed: sum(({ srtp }) => srtp?.failed ?? 0),
  };
};

const [, , file = '', description = '', mode = 'facts'] = process.argv;
const generated = JSON.parse(readFileSync(description, 'utf8')) as GeneratedCapture;
process.stdout.write(JSON.stringify(await measure(file, generated, mode)));
