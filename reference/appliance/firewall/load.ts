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

/** Loads the appliance's rules into this host, in place of older ones. Rejects with one line where nft is missing or refuses. */
export const loadFirewall = async (interfaces: ApplianceInterfaces): Promise<void> => {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  // A program that ends early says so by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(nftablesRules(interfaces));
  const [code] = await once(child, 'close').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`firewall: nft cannot be run (${reason}); install the package nftables`, {
      cause: error,
    });
  });
  if (code === 0) return;
  const text = Buffer.concat(said)
    .toString()
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ');
  throw new Error(`firewall: nft refused the rules: ${text}`);
};
