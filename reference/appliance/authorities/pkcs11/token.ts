import { latin1, utf8 } from '../../../core/bytes.ts';
import {
  derAlgorithm,
  derBitString,
  derInteger,
  derSequence,
} from '../../../core/pki/der-write.ts';
import type { RsaSigner } from '../../../core/pki/issue.ts';
import { authoritiesProblem, type AuthoritiesProblem } from '../problem.ts';
import {
  lockingFlag,
  mechanisms,
  objectClasses,
  returnValueName,
  rsaKeyType,
  sessionFlags,
  user,
  type Pkcs11Function,
} from './constants.ts';
import {
  cellOf,
  emptyCell,
  emptyTemplate,
  template,
  valueAt,
  wordAt,
  wordsCell,
  type Cell,
  type Template,
} from './memory.ts';
import { loadPkcs11, type Pkcs11Call } from './module.ts';

/** A PKCS #11 token and how to get in. */
export interface TokenSettings {
  /** Absolute path of the module's library. */
  readonly module: string;
  /** The token's label. */
  readonly token: string;
  /** The user's PIN, UTF-8. */
  readonly pin: Uint8Array;
}

/** An open token. Its calls run one after the other, each in another thread. */
export interface Token {
  /** Makes an RSA key of 2048 bits under a label that no key has yet; it cannot leave the token. DER of its SubjectPublicKeyInfo. */
  generateKey(label: string): Promise<Uint8Array>;
  /** DER of the SubjectPublicKeyInfo of the key with this label, and the use of it. */
  openKey(label: string): Promise<{ readonly spki: Uint8Array; readonly sign: RsaSigner }>;
  close(): Promise<void>;
}

const rsaEncryption = '1.2.840.113549.1.1.1';
const signatureLength = 256;
const mostSlots = 64;
const labelLength = 32;
const tokenInfoLength = 256;

interface Session {
  readonly settings: TokenSettings;
  readonly call: Pkcs11Call;
  readonly handle: number;
  /** Rejects unless the function returns CKR_OK. */
  readonly must: (name: Pkcs11Function, ...parameters: readonly (number | Cell)[]) => Promise<void>;
}

const problemOf = (settings: TokenSettings, reason: string): AuthoritiesProblem =>
  authoritiesProblem('authorities/token', `token ${settings.token}`, reason);

const mustOf =
  (settings: TokenSettings, call: Pkcs11Call): Session['must'] =>
  async (name, ...parameters) => {
    const value = await call(name, ...parameters);
    if (value !== 0) throw problemOf(settings, `${name} refused: ${returnValueName(value)}`);
  };

const findSlot = async (
  settings: TokenSettings,
  call: Pkcs11Call,
  must: Session['must'],
): Promise<number> => {
  const [list, count] = [emptyCell(mostSlots * 8), wordsCell(mostSlots)];
  await must('getSlotList', 1, list, count);
  const found: number[] = [];
  for (let index = 0; index < wordAt(count); index += 1) {
    const slot = wordAt(list, index);
    const info = emptyCell(tokenInfoLength);
    const value = await call('getTokenInfo', slot, info);
    const label = latin1(info.bytes.subarray(0, labelLength)).trimEnd();
    if (value === 0 && label === latin1(utf8(settings.token))) found.push(slot);
  }
  const [slot, ...others] = found;
  if (slot === undefined) throw problemOf(settings, `${settings.module} knows no such token`);
  if (others.length > 0) throw problemOf(settings, 'several tokens have this label; relabel one');
  return slot;
};

const logIn = async (settings: TokenSettings, call: Pkcs11Call, handle: number): Promise<void> => {
  const pin = cellOf(settings.pin);
  const value = await call('login', handle, user, pin, pin.bytes.length);
  pin.bytes.fill(0);
  if (value === 0xa0) throw problemOf(settings, 'the PIN is wrong; too many of these lock it');
  if (value !== 0) throw problemOf(settings, `the PIN was refused: ${returnValueName(value)}`);
};

/** Handles of this process's session objects that fit; at most two are looked at. */
const findObjects = async (session: Session, wanted: Template): Promise<readonly number[]> => {
  const { must, handle } = session;
  await must('findObjectsInit', handle, wanted, wanted.count);
  const [found, count] = [emptyCell(2 * 8), emptyCell(8)];
  try {
    await must('findObjects', handle, found, 2, count);
  } finally {
    await must('findObjectsFinal', handle);
  }
  return Array.from({ length: wordAt(count) }, (_, index) => wordAt(found, index));
};

const findKey = async (
  session: Session,
  kind: keyof typeof objectClasses,
  label: string,
): Promise<number | undefined> => {
  const { settings } = session;
  const wanted = template({ class: objectClasses[kind], token: true, label: utf8(label) });
  const [key, ...others] = await findObjects(session, wanted);
  if (others.length > 0) throw problemOf(settings, `several keys are called ${label}; remove one`);
  return key;
};

const readPublicKey = async ({ must, handle }: Session, key: number): Promise<Uint8Array> => {
  const wanted = emptyTemplate(['modulus', 'publicExponent'], 1024);
  await must('getAttributeValue', handle, key, wanted, wanted.count);
  const numbers = derSequence(derInteger(valueAt(wanted, 0)), derInteger(valueAt(wanted, 1)));
  return derSequence(derAlgorithm(rsaEncryption), derBitString(numbers));
};

const generate = async (session: Session, label: string): Promise<Uint8Array> => {
  const { settings, must, handle } = session;
  if ((await findKey(session, 'privateKey', label)) !== undefined) {
    throw problemOf(settings, `a key is called ${label} already; no key is ever replaced`);
  }
  const name = utf8(label);
  const mechanism = wordsCell(mechanisms.rsaKeyPair, 0, 0);
  const publicKey = template({
    token: true,
    label: name,
    verify: true,
    modulusBits: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  });
  const privateKey = template({
    token: true,
    private: true,
    sensitive: true,
    extractable: false,
    keyType: rsaKeyType,
    sign: true,
    label: name,
  });
  const handles = [emptyCell(8), emptyCell(8)] as const;
  const templates = [publicKey, privateKey].flatMap((given) => [given, given.count]);
  await must('generateKeyPair', handle, mechanism, ...templates, ...handles);
  return readPublicKey(session, wordAt(handles[0]));
};

const signWith = async (
  { must, handle }: Session,
  key: number,
  message: Uint8Array,
): Promise<Uint8Array> => {
  const mechanism = wordsCell(mechanisms.sha256Rsa, 0, 0);
  await must('signInit', handle, mechanism, key);
  const input = cellOf(message);
  const [output, length] = [emptyCell(signatureLength), wordsCell(signatureLength)];
  await must('sign', handle, input, input.bytes.length, output, length);
  return Uint8Array.from(output.bytes.subarray(0, wordAt(length)));
};

/** Runs one thing after the other. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(work: () => Promise<Value>): Promise<Value> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
};

const startSession = async (settings: TokenSettings): Promise<Session> => {
  const call = loadPkcs11(settings.module);
  const must = mustOf(settings, call);
  // CK_C_INITIALIZE_ARGS: four functions for locks, flags, nothing.
  const initial = wordsCell(0, 0, 0, 0, lockingFlag, 0);
  await must('initialize', initial);
  try {
    const slot = await findSlot(settings, call, must);
    const place = emptyCell(8);
    const flags = sessionFlags.serial | sessionFlags.readWrite;
    await must('openSession', slot, flags, 0, 0, place);
    const handle = wordAt(place);
    await logIn(settings, call, handle);
    return { settings, call, must, handle };
  } catch (error) {
    await call('finalize', 0);
    throw error;
  }
};

/** Opens a token and signs in; one at a time of a module in a process. Rejects with an AuthoritiesProblem. */
export const openToken = async (settings: TokenSettings): Promise<Token> => {
  const session = await startSession(settings);
  const inTurn = createQueue();
  let isOpen = true;
  const whileOpen = <Value>(work: () => Promise<Value>): Promise<Value> =>
    inTurn(() => {
      if (!isOpen) throw problemOf(settings, 'it has been closed');
      return work();
    });
  return {
    generateKey: (label) => whileOpen(() => generate(session, label)),
    openKey: (label) =>
      whileOpen(async () => {
        const privateKey = await findKey(session, 'privateKey', label);
        const publicKey = await findKey(session, 'publicKey', label);
        if (privateKey === undefined || publicKey === undefined) {
          throw problemOf(settings, `it holds no key called ${label}`);
        }
        return {
          spki: await readPublicKey(session, publicKey),
          sign: (message) => whileOpen(() => signWith(session, privateKey, message)),
        };
      }),
    close: () =>
      inTurn(async () => {
        if (!isOpen) return;
        isOpen = false;
        await session.call('closeSession', session.handle);
        await session.call('finalize', 0);
      }),
  };
};
