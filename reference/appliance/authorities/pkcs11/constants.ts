/** Places of the functions in CK_FUNCTION_LIST, and the parameters of each as words of the machine (PKCS #11 2.40 section 3.6). */
export const pkcs11Functions = {
  initialize: [0, 1],
  finalize: [1, 1],
  getSlotList: [4, 3],
  getTokenInfo: [6, 2],
  openSession: [12, 5],
  closeSession: [13, 1],
  login: [18, 4],
  getAttributeValue: [24, 4],
  findObjectsInit: [26, 3],
  findObjects: [27, 4],
  findObjectsFinal: [28, 1],
  signInit: [42, 3],
  sign: [43, 5],
  generateKeyPair: [59, 8],
} as const satisfies Readonly<Record<string, readonly [place: number, parameters: number]>>;
export type Pkcs11Function = keyof typeof pkcs11Functions;

export const mechanisms = { rsaKeyPair: 0x00, sha256Rsa: 0x40 } as const;
export const objectClasses = { publicKey: 2, privateKey: 3 } as const;
export const rsaKeyType = 0;
export const user = 1;
export const sessionFlags = { serial: 4, readWrite: 2 } as const;
/** CKF_OS_LOCKING_OK: calls come from more than one thread, though never two at a time. */
export const lockingFlag = 2;

export const attributes = {
  class: 0x00,
  token: 0x01,
  private: 0x02,
  label: 0x03,
  keyType: 0x100,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
} as const;
export type Attribute = keyof typeof attributes;

/** Return values that a person can do something about; the others keep their number. */
const returnValues: ReadonlyMap<number, string> = new Map([
  [0x06, 'CKR_FUNCTION_FAILED'],
  [0x30, 'CKR_DEVICE_ERROR'],
  [0x31, 'CKR_DEVICE_MEMORY'],
  [0x32, 'CKR_DEVICE_REMOVED'],
  [0x70, 'CKR_MECHANISM_INVALID'],
  [0xa0, 'CKR_PIN_INCORRECT'],
  [0xa4, 'CKR_PIN_LOCKED'],
  [0xb3, 'CKR_SESSION_HANDLE_INVALID'],
  [0xe0, 'CKR_TOKEN_NOT_PRESENT'],
  [0xe2, 'CKR_TOKEN_WRITE_PROTECTED'],
  [0x102, 'CKR_USER_PIN_NOT_INITIALIZED'],
  [0x191, 'CKR_CRYPTOKI_ALREADY_INITIALIZED'],
]);

/** Name of a return value (PKCS #11 2.40 section 3.6), or its number. */
export const returnValueName = (value: number): string =>
  returnValues.get(value) ?? `CKR 0x${value.toString(16)}`;
