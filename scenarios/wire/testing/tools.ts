import { execFileSync } from 'node:child_process';

/** Whether an external program runs; tests that need it say so in their title when it does not. */
export const hasTool = (name: string, ...versionArguments: readonly string[]): boolean => {
  try {
    execFileSync(name, versionArguments, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Values of tshark fields, one line per packet that the filter keeps. */
export const tsharkFields = (
  file: string,
  filter: string,
  fields: readonly string[],
  ...more: readonly string[]
): readonly (readonly string[])[] => {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const options = ['-r', file, '-Y', filter, '-T', 'fields', ...wanted, ...more];
  const output = execFileSync('tshark', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  return output
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
};

/** A self-signed certificate with its key, as PEM, made by openssl in a folder. */
export const makeCertificate = (folder: string, name: string): { key: string; cert: string } => {
  const run = (...options: readonly string[]): string =>
    execFileSync('openssl', options, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  run(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-days',
    '2',
  );
  return { key: run('pkey', '-in', `${name}.key`), cert: run('x509', '-in', `${name}.crt`) };
};

/** Packets that the package pcap-parser finds in a classic capture file. */
export const countWithPcapParser = async (file: string): Promise<number> => {
  const { parse } = await import('pcap-parser');
  return new Promise((resolve, reject) => {
    let packets = 0;
    parse(file)
      .on('packet', () => (packets += 1))
      .on('error', reject)
      .on('end', () => resolve(packets));
  });
};
