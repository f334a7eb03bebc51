import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const wayOut = 'give the path of a PEM file';

/** Certificates of a file that a field names, as PEM. Throws one line with the field when it cannot be read or holds none. */
export const readCertificates = (field: string, path: string): string => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`${field} ${path}: cannot be read (${code}); ${wayOut}`, { cause: error });
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('none');
    for (const block of blocks) void new X509Certificate(block);
  } catch (error) {
    throw new Error(`${field} ${path}: holds no certificate; ${wayOut}`, { cause: error });
  }
  return text;
};
