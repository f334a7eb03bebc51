import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { parseAdbKey } from '../../simulators/android/adbd/adb-keys.ts';
import { createPacketReader } from '../../simulators/android/adbd/reader.ts';
import { encodePacket, parsePacket, packetLength } from '../../simulators/android/adbd/packet.ts';
import { createFrameReader, encodeFrame } from '../../simulators/android/adbd/shell-frames.ts';
import { createSyncSession, type SyncFile } from '../../simulators/android/adbd/sync.ts';
import { tapsOf, typedBy } from '../../simulators/android/automation/actions.ts';
import { parseSelector } from '../../simulators/android/automation/selector.ts';
import { parseCommandLine, quoteWord } from '../../simulators/android/shell/command-line.ts';
import {
  bytesOfCase,
  mutatedCases,
  piecesOf,
  seedOf,
  type MutatedCase,
} from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const packetBases: readonly Uint8Array[] = [
  encodePacket({
    command: 'CNXN',
    arg0: 0x01000001,
    arg1: 4096,
    payload: utf8('host::features=shell_v2'),
  }),
  encodePacket({ command: 'OPEN', arg0: 1, arg1: 0, payload: utf8('shell,v2:ls\0') }),
  encodePacket({ command: 'OKAY', arg0: 1, arg1: 2, payload: new Uint8Array() }, false),
];

/** Packets and streams of the ADB transport. */
export const adbPackets: FuzzTarget<MutatedCase> = {
  name: 'adb-packets',
  parsers: [
    'simulators/android/adbd/packet.ts#parsePacket',
    'simulators/android/adbd/packet.ts#packetLength',
    'simulators/android/adbd/reader.ts#createPacketReader',
    'simulators/android/adbd/shell-frames.ts#createFrameReader',
  ],
  cases: mutatedCases(packetBases.length),
  check: (made) => {
    const bytes = bytesOfCase(packetBases, made);
    const frames = (pieces: readonly Uint8Array[]) => {
      const reader = createFrameReader();
      return pieces.flatMap((piece) => reader(piece));
    };
    const pieces = piecesOf(bytes, seedOf(made));
    const whole = frames([bytes]);
    sameValue('the same frames however cut', whole, frames(pieces));
    const [frame] = whole;
    if (frame)
      sameBytes(
        'frames: serialise(parse(b)) = b',
        bytes.slice(0, 5 + frame.bytes.length),
        encodeFrame(frame),
      );
    const reader = createPacketReader(() => false);
    const readings = pieces.map((piece) => reader.push(piece));
    const length = packetLength(bytes);
    const packet = parsePacket(bytes);
    const read = readings.flatMap((reading) => (reading.ok ? reading.value : []));
    if (packet.ok) {
      sameBytes('serialise(parse(b)) = b', bytes, encodePacket(packet.value));
      sameValue('in pieces', [packet.value], read);
    }
    return [
      packet.ok ? 'ok' : packet.error.code,
      length.ok ? 'length' : 'no length',
      frame ? 'frame' : 'no frame',
    ];
  },
  reaches: [
    'ok',
    'adb/command',
    'adb/magic',
    'adb/length',
    'adb/short',
    'adb/checksum',
    'length',
    'no length',
    'frame',
  ],
  file: (made) => ({ extension: 'adb', bytes: bytesOfCase(packetBases, made) }),
};

const request = (id: string, text: string): Uint8Array =>
  Uint8Array.from([...utf8(id), text.length, 0, 0, 0, ...utf8(text)]);

const syncBases: readonly Uint8Array[] = [
  Uint8Array.from([
    ...request('SEND', '/sdcard/a,33188'),
    ...request('DATA', 'hello'),
    ...utf8('DONE'),
    1,
    0,
    0,
    0,
    ...request('QUIT', ''),
  ]),
  Uint8Array.from([
    ...request('STAT', '/sdcard/a'),
    ...request('STA2', '/sdcard'),
    ...request('LIST', '/sdcard'),
    ...request('RECV', '/sdcard/b'),
  ]),
];

const stored: SyncFile = { path: '/sdcard/b', bytes: utf8('kept'), mode: 0o100644, modified: 5 };

const synchronise = (pieces: readonly Uint8Array[]) => {
  const written: SyncFile[] = [];
  const session = createSyncSession({
    read: (path) => (path === stored.path ? stored : null),
    isFolder: (path) => path === '/sdcard',
    list: () => [stored],
    write: (file) => {
      written.push(file);
      return file.path === '' ? 'no path' : null;
    },
  });
  const answers: string[] = [];
  for (const piece of pieces) {
    const read = session.push(piece);
    if (!read.ok) return { written, answers: answers.join(''), code: read.error.code };
    answers.push(latin1(read.value.answer));
  }
  return { written, answers: answers.join(''), code: 'ok' };
};

/** The file service of ADB. */
export const adbSync: FuzzTarget<MutatedCase> = {
  name: 'adb-sync',
  parsers: ['simulators/android/adbd/sync.ts#createSyncSession'],
  cases: mutatedCases(syncBases.length),
  check: (made) => {
    const bytes = bytesOfCase(syncBases, made);
    const whole = synchronise([bytes]);
    const cut = synchronise(piecesOf(bytes, seedOf(made)));
    sameValue(
      'the same files and end however cut',
      [whole.written, whole.code],
      [cut.written, cut.code],
    );
    if (whole.code === 'ok') sameValue('the same answers however cut', whole.answers, cut.answers);
    return [whole.code, whole.written.length > 0 ? 'written' : 'not written'];
  },
  reaches: ['ok', 'written', 'not written', 'sync/request', 'sync/length'],
  file: (made) => ({ extension: 'adb', bytes: bytesOfCase(syncBases, made) }),
};

/** A public key of 2048 bits as adb sends it: words of the modulus, something, the modulus, R², the exponent. */
const adbKey = `${Buffer.from(
  Uint8Array.from({ length: 524 }, (_, index) =>
    index === 0 ? 64 : index < 4 ? 0 : index === 520 ? 3 : index > 520 ? 0 : 0xc3,
  ),
).toString('base64')} user@host`;

const lines: TextGrammar = {
  bases: [
    'am start -n a.b/.C && echo "x \\"y\\"" || rm \'a b\' 2>&1 | grep x > /sdcard/f',
    'pm list packages; settings put global x 1 >> f 2>> g',
    'new UiSelector().resourceId("a:id/b").textContains("x\\"").instance(1).clickable(true);',
    'new UiScrollable(new UiSelector()).scrollIntoView(new UiSelector().descriptionMatches("a.*"))',
    adbKey,
  ].map(utf8),
  words: [
    ...'; | || && & > >> 2> 2>&1 1> " \' \\ ( ) . .instance(9) .text("a") .unknown("x") UiSelector() '.split(
      ' ',
    ),
    '\n',
    ' ',
  ],
};

const numberOf = (text: string): number => text.length;

/** Command lines of the simulated shell and locators of the simulated UiAutomator. */
export const androidTexts: FuzzTarget<MutatedCase> = {
  name: 'android-texts',
  parsers: [
    'simulators/android/shell/command-line.ts#parseCommandLine',
    'simulators/android/automation/selector.ts#parseSelector',
    'simulators/android/automation/actions.ts#tapsOf',
    'simulators/android/adbd/adb-keys.ts#parseAdbKey',
  ],
  cases: textCases(lines),
  check: (made) => {
    const text = latin1(textOfCase(lines, made));
    const commands = parseCommandLine(text);
    const quoted = parseCommandLine(quoteWord(text));
    sameValue(
      'a quoted word is read back',
      [text],
      quoted.ok ? quoted.value[0]?.commands[0]?.words : quoted.error,
    );
    const selector = parseSelector(text);
    // Bodies of requests are JSON of any form.
    const steps = [
      { type: 'pointerMove', x: text, y: numberOf(text), origin: { id: text } },
      { type: 'pointerUp' },
      text,
      null,
    ];
    const actions = [
      { type: 'pointer', actions: steps },
      { type: 'key', actions: [{ type: 'keyDown', value: text }] },
      text,
    ];
    tapsOf(actions, () => null);
    sameValue('what keys type', text, typedBy(actions));
    const key = parseAdbKey(text);
    return [
      `key ${key.ok ? 'ok' : key.error.code}`,
      `line ${commands.ok ? 'ok' : commands.error.code}`,
      `selector ${selector.ok ? 'ok' : selector.error.code}`,
    ];
  },
  reaches: [
    ...'ok shell/quote shell/background shell/redirection shell/operator'
      .split(' ')
      .map((code) => `line ${code}`),
    ...'ok adb-key/base64 adb-key/length adb-key/modulus'.split(' ').map((code) => `key ${code}`),
    'selector ok',
    'selector invalid selector',
  ],
  file: (made) => ({ extension: 'txt', bytes: textOfCase(lines, made) }),
};
