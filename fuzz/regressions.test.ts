import { describe, expect, it } from 'vitest';
import { TargetFileError } from '../devices/external/problem.ts';
import { parseTargetFile } from '../devices/external/read.ts';
import { concat } from '../reference/core/bytes.ts';
import { parseCertificate } from '../reference/core/pki/certificate.ts';
import { parseCrl } from '../reference/core/pki/crl.ts';
import { createDhGroupReader } from '../reference/core/tls/dh-group-reader.ts';
import { exactTlsProfile } from '../reference/core/tls/profile.ts';
import { parseSelector } from '../simulators/android/automation/selector.ts';
import { certificates, revocationLists } from './generators/certificates.ts';
import { tlsFlights } from './generators/captures.ts';
import { createNotesPhone, routes } from './targets/automation-phone.ts';

/** The bytes with the last byte of a pattern, which must be there, replaced. */
const altered = (bytes: Uint8Array, pattern: readonly number[], by: number): Uint8Array => {
  const at = Buffer.from(bytes).indexOf(Buffer.from(pattern));
  expect(at).not.toBe(-1);
  return bytes.with(at + pattern.length - 1, by);
};

/** A finger that goes somewhere, down and up. */
const pointerTo = (x: unknown) => ({
  type: 'pointer',
  actions: [{ type: 'pointerMove', x, y: 0 }, { type: 'pointerDown' }, { type: 'pointerUp' }],
});

const codeOf = (
  result: ReturnType<typeof parseCertificate> | ReturnType<typeof parseCrl>,
): string => (result.ok ? 'ok' : result.error.code);

describe('what fuzzing found stays mended', () => {
  it.each([1, 2, 3, 4])(
    'tls-records, seed 3: a bad record is at its first byte, cut behind %s',
    (cut) => {
      const whole = concat(tlsFlights.server[0], Uint8Array.of(99, 3, 3, 0, 1));
      const place = tlsFlights.server[0].length;
      const reader = createDhGroupReader(exactTlsProfile);
      reader.push(whole.subarray(0, place + cut));
      expect(reader.push(whole.subarray(place + cut))).toMatchObject({
        ok: false,
        error: { code: 'record', offset: place },
      });
    },
  );

  it('certificate, seed 5: an attribute of a name is a SEQUENCE', () => {
    const [root = new Uint8Array()] = certificates;
    expect(codeOf(parseCertificate(root))).toBe('ok');
    // The issuer's: a SET, in it the attribute with the type CommonName.
    const changed = altered(root, [0x31, 13, 0x30], 0xa1);
    expect(codeOf(parseCertificate(changed))).toBe('certificate-name');
  });

  it('crl, seed 3: an AuthorityKeyIdentifier is a SEQUENCE', () => {
    const [list = new Uint8Array()] = revocationLists;
    expect(codeOf(parseCrl(list))).toBe('ok');
    // Its OCTET STRING of 24 bytes.
    expect(codeOf(parseCrl(altered(list, [0x04, 24, 0x30], 0x31)))).toBe('crl-key-identifier');
  });

  it('target-file, seed 20261123: a field’s name does not break the one line of a refusal', () => {
    const text =
      'name: x\nappliance: { kind: reference }\nphones:\n  "a\\rb\\e[2J": { kind: file, path: x }\n';
    const refusal = (): string => {
      try {
        return parseTargetFile('t.yaml', text).file;
      } catch (error) {
        return error instanceof TargetFileError ? error.message : String(error);
      }
    };
    expect(refusal()).toContain('t.yaml:4: phones.a?b?[2J: ');
  });

  it('android-texts, seed 20261123: a locator of blanks is read in no time', () => {
    const locator = `new UiScrollable(new UiSelector()).scrollIntoView(new UiSelector())${' '.repeat(70_000)}x`;
    const began = performance.now();
    expect(parseSelector(locator)).toMatchObject({ error: { code: 'invalid selector' } });
    // It took eight seconds; a tenth of a millisecond is usual.
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it.each([
    ['POST /keys', { value: [{ toString: null }, 'a'] }],
    ['POST /element/:/value', { text: [{ toString: null }] }],
    ['POST /appium/device/press_keycode', { keycode: { toString: null } }],
    ['POST /rotation', { z: { toString: null } }],
    ['POST /actions', { actions: [pointerTo({ toString: null })] }],
    ['POST /appium/gestures/click', { offset: { x: { toString: null }, y: null } }],
  ])(
    'automation, seed 5: %s takes objects where numbers or texts are due for neither',
    (name, body) => {
      const { machine, elements, shown } = createNotesPhone();
      const request = { phone: machine, elements, settings: new Map(), parts: shown, body };
      expect(routes[name]?.(request)).toHaveProperty('ok', name !== 'POST /rotation');
    },
  );
});
