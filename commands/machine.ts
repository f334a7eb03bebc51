import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { speexMissing } from '../reference/client/audio/speex-codec.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import { toolPath } from '../simulators/lab/lab-tools.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';

/** Something of this machine that the testbed can use. */
export interface MachinePart {
  readonly name: string;
  /** Version, or how it can be used; null where it is not there. */
  readonly found: string | null;
  /** Why it is not there, in a few words; null where it is. */
  readonly problem: string | null;
  /** What is lost without it. */
  readonly without: string;
}

/** What was found, or why nothing was. */
type Outcome = { readonly found: string } | { readonly problem: string };

const run = promisify(execFile);

/** Milliseconds in which a program says its version. */
const sayLimit = 20_000;

const versionIn = (text: string): string | undefined => /\d+(?:\.\d+)+[\w.+-]*/.exec(text)?.[0];

/** What a program says of its version. */
const versionOf = async (program: string, words: readonly string[]): Promise<Outcome> => {
  try {
    const { stdout, stderr } = await run(program, [...words], {
      timeout: sayLimit,
      env: { ...process.env, PATH: toolPath() },
    });
    const said = versionIn(stdout) ?? versionIn(stderr);
    return said === undefined ? { problem: 'says no version' } : { found: said };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    return { problem: code === 'ENOENT' ? 'not found' : `does not run (${code})` };
  }
};

/** Programs, how they are asked for their version, and what is lost without them. */
const programs: readonly (readonly [string, readonly string[], string])[] = [
  ['openssl', ['version'], 'tests ask no second opinion on keys, certificates and handshakes'],
  ['tshark', ['--version'], 'tests ask no second opinion on captures'],
  ['speexdec', ['--version'], 'tests ask no second opinion on Speex'],
  ['kamailio', ['-v'], 'no target with Kamailio, and no tests of its captures'],
  ['rtpengine', ['--version'], 'no target with rtpengine'],
  ['adb', ['version'], 'no Android phone, real or simulated'],
  ['chromium', ['--version'], 'no test of what the pages show in a browser'],
];

const libsrtp2 = (): Outcome => {
  try {
    const tell = koffi.load('libsrtp2.so.1').func('const char *srtp_get_version_string()');
    const said = String(tell());
    return { found: versionIn(said) ?? said };
  } catch {
    return { problem: 'not found' };
  }
};

const libspeex = (): Outcome => {
  const missing = speexMissing();
  return missing === null ? { found: 'loaded' } : { problem: 'not found' };
};

const appium = async (): Promise<Outcome> => {
  const file = join(import.meta.dirname, '../node_modules/appium/package.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? { problem: 'not installed' } : { found: versionIn(text) ?? 'installed' };
};

const capturing = (): Outcome => {
  const support = captureSupport();
  const own = namespaceProblem();
  if (own === null) return { found: 'in a network namespace of its own' };
  return support.ok ? { found: `${support.value}; ${own}` } : { problem: own };
};

const lab = (): Outcome => {
  const problem = namespaceProblem('lab');
  const user = process.getuid?.() === 0 ? 'as root' : 'in a user namespace';
  return problem === null ? { found: user } : { problem };
};

/** Looks for everything that the testbed can use, the programs beside each other; starts nothing that stays, changes nothing. */
export const examineMachine = async (): Promise<readonly MachinePart[]> => {
  const asked = programs.map(
    async ([name, words, without]) => [name, await versionOf(name, words), without] as const,
  );
  const parts: readonly (readonly [string, Outcome, string])[] = [
    ['node', { found: process.versions.node }, 'nothing runs'],
    ['capture', capturing(), 'wire claims are inconclusive'],
    ['netns lab', lab(), 'no --lab netns: no hosts, segments, firewall or address translation'],
    ['libspeex', libspeex(), 'audio is sent from recorded frames, received frames are not decoded'],
    ['libsrtp2', libsrtp2(), 'tests ask no second opinion on SRTP'],
    ...(await Promise.all(asked)),
    ['appium', await appium(), 'no phone is driven by its screen'],
  ];
  return parts.map(([name, outcome, without]) => ({
    name,
    found: 'found' in outcome ? outcome.found : null,
    problem: 'problem' in outcome ? outcome.problem : null,
    without,
  }));
};
