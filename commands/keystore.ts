import type { Command } from 'commander';
import { exitCodeOf } from '../reports/model/verdict.ts';
import type { GuessCost, StoredKeyEvidence } from '../scenarios/stored-key/evidence.ts';
import { assess, judgeStoredKeys } from '../scenarios/stored-key/judge.ts';
import { observationsOf, protectionsOf } from '../scenarios/stored-key/observations.ts';
import { readCertificateKey, readKeyFile, readPassphrase } from './keystore-files.ts';
import { measureGuess, openObject, sizeOf } from './keystore-opening.ts';
import { keystoreLines } from './keystore-report.ts';
import { version } from './version.ts';

interface KeystoreOptions {
  readonly passphraseFile?: string;
  readonly cert?: string;
  readonly json?: boolean;
}

/** One timing for each different derivation. */
const guessCostsOf = (files: StoredKeyEvidence['files']): readonly GuessCost[] => {
  const costs = new Map<string, GuessCost>();
  for (const protection of files.flatMap(protectionsOf)) {
    const derivation = `${protection.prf?.name} ${protection.iterations?.count}`;
    const cost = costs.has(derivation) ? null : measureGuess(protection);
    if (cost !== null) costs.set(derivation, cost);
  }
  return [...costs.values()];
};

const gather = async (
  names: readonly string[],
  options: KeystoreOptions,
): Promise<StoredKeyEvidence> => {
  const { passphraseFile, cert } = options;
  const passphrase = passphraseFile === undefined ? null : await readPassphrase(passphraseFile);
  const certificateKey = cert === undefined ? null : await readCertificateKey(cert);
  const files = [];
  for (const name of new Set(names)) {
    const { bytes, facts } = await readKeyFile(name);
    const openings = facts.objects.map((object) =>
      openObject(object, bytes, { passphrase, certificateKey }),
    );
    files.push({ name, facts, openings });
  }
  return {
    files,
    certificate:
      cert === undefined || certificateKey === null
        ? null
        : { name: cert, publicKey: sizeOf(certificateKey) },
    passphraseLength: passphrase === null ? null : Array.from(passphrase.toString()).length,
    guessCosts: guessCostsOf(files),
  };
};

/** `discretio keystore FILE…`: how stored keys are protected, and whether that is as the target says. */
export const addKeystoreCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('keystore')
    .description('judge stored keys from their files: format, encryption, key derivation, key size')
    .argument('<file...>', 'stored key, in PEM or any other form')
    .option('--passphrase-file <file>', 'its first line opens the keys')
    .option('--cert <file>', 'certificate that the keys must belong to, in PEM or DER')
    .option('--json', 'print one JSON object')
    .action(async (names: readonly string[], options: KeystoreOptions) => {
      const evidence = await gather(names, options);
      const verdicts = judgeStoredKeys(evidence);
      const observations = observationsOf(evidence);
      const exit = exitCodeOf(verdicts.map(({ kind }) => kind));
      if (options.json === true) {
        const input = names.join(', ');
        const result = { tool: 'discretio', version, input, verdicts, observations, exit };
        console.log(JSON.stringify(result, null, 2));
      } else {
        const report = { findings: assess(evidence), verdicts, observations };
        console.log(keystoreLines(report, process.stdout.isTTY).join('\n'));
      }
      finish(exit);
    });
};
