import { execFileSync, spawnSync } from 'node:child_process';
import { basename } from 'node:path';

/** A program of Wireshark's. */
const counter = 'capinfos';

/** Fields of every packet of a file: one run for all of them, since starting takes longer than reading. */
export const tsharkFieldsOf = (
  file: string,
  fields: readonly string[],
  ...options: readonly string[]
): readonly (readonly string[])[] => {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const words = ['-n', '-r', file, ...options, '-T', 'fields', '-E', 'aggregator=,', ...wanted];
  const output = execFileSync('tshark', words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64e6,
  });
  return output
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
};

/** What capinfos says of a file. */
export interface Counted {
  /** Packets, or those before the first that it cannot read. */
  readonly packets: number;
  /** Empty where it has none. */
  readonly complaint: string;
}

/** What capinfos, which reads as tshark does, says of many files at once. */
export const countByCapinfos = (files: readonly string[]): ReadonlyMap<string, Counted> => {
  const { stdout, stderr } = spawnSync(counter, ['-T', '-r', '-M', '-c', ...files], {
    maxBuffer: 64e6,
  });
  const complaints = new Map<string, string>();
  for (const line of String(stderr).split('\n')) {
    const [, file] = /"([^"]+)"/.exec(line) ?? [];
    // Said of a link type that capinfos has no name for; the packets are counted all the same.
    if (file && !line.includes('Unknown packet encapsulation'))
      complaints.set(basename(file), `${complaints.get(basename(file)) ?? ''}${line}`);
  }
  const counts = String(stdout)
    .split('\n')
    .flatMap((line) => {
      const [file, packets] = line.split('\t');
      return file && packets ? [[basename(file), Number(packets)] as const] : [];
    });
  const all = new Map<string, Counted>();
  for (const file of files.map((each) => basename(each))) {
    const complaint = complaints.get(file) ?? '';
    const before = /after reading (\d+) packets/.exec(complaint)?.[1];
    all.set(file, { packets: new Map(counts).get(file) ?? Number(before ?? 0), complaint });
  }
  return all;
};
