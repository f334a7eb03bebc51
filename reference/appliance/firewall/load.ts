import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { nftablesRules, type ApplianceInterfaces } from './rules.ts';

/** The interface that has an address; rejects naming it when none has. */
export const deviceOf = (address: string): string => {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((each) => each.address === address),
  );
  if (!found)
    throw new Error(`firewall: no interface has the address ${address}; configure it first`);
  return found[0];
};

/** What nft printed; rejects with one line where it is missing or refuses what it was told. */
const nft = async (words: readonly string[], input: string): Promise<string> => {
  const child = spawn('nft', words, { stdio: 'pipe' });
  const printed: Buffer[] = [];
  const complained: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk));
  // A program that ends early says so by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = await once(child, 'close').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`firewall: nft cannot be run (${reason}); install the package nftables`, {
      cause: error,
    });
  });
  if (code === 0) return Buffer.concat(printed).toString();
  const text = Buffer.concat(complained)
    .toString()
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ');
  throw new Error(`firewall: nft refused the rules: ${text}`);
};

/** Loads the appliance's rules into this host, in place of older ones. Rejects with one line where nft is missing or refuses. */
export const loadFirewall = async (interfaces: ApplianceInterfaces): Promise<void> => {
  await nft(['-f', '-'], nftablesRules(interfaces));
};

/** Every rule that this host has loaded, as nft prints them; empty where none are. */
export const loadedRules = (): Promise<string> => nft(['list', 'ruleset'], '');
