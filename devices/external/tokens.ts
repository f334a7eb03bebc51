import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError } from '../contract.ts';
import type { Operator } from '../person/operator.ts';
import { runCommand } from './command.ts';
import { codeOf } from './problem.ts';
import type { ExternalDescription } from './schema.ts';

type TokenSource = ExternalDescription['tokens'];

/** Reads the newest token sent to a number, as `Appliance.readToken` does. */
export type ReadToken = (number: string, deadline: number) => Promise<string>;

/** Milliseconds between two looks, and for which a token that was given out before is not taken for the newest. */
const pause = 100;
const patience = 1_500;

/** Bytes of a page that are read. */
const maximumPage = 1024 * 1024;

/** Every token in a text, oldest first. */
export const tokensIn = (text: string, pattern: string): readonly string[] =>
  [...text.matchAll(new RegExp(pattern, 'gu'))].map(([all, group]) => group ?? all);

/** A page's text. Rejects with one line that holds the host alone: path and page could hold a secret. */
const fetchPage = (url: URL, trust: string | undefined, deadline: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const failed = (reason: string) =>
      reject(new Error(`tokens from ${url.host}: ${reason}; mend tokens.url or the page`));
    const signal = AbortSignal.timeout(Math.max(1, Math.round(deadline)));
    const options = { signal, agent: false as const };
    const asked =
      url.protocol === 'https:'
        ? httpsRequest(url, trust === undefined ? options : { ...options, ca: trust })
        : httpRequest(url, options);
    asked.on('error', (error) =>
      signal.aborted
        ? reject(new DeadlineError(`tokens from ${url.host}: no answer in time`))
        : failed(`no answer (${codeOf(error) || 'unknown'})`),
    );
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if ((length += chunk.length) > maximumPage)
          asked.destroy(Object.assign(new Error(), { code: 'more than 1 MiB' }));
      });
      response.on('error', (error) => failed(`the answer broke off (${codeOf(error)})`));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(Buffer.concat(chunks).toString('utf8'))
          : failed(`status ${response.statusCode}`),
      );
    });
    asked.end();
  });

/** Looks until a token is there that was not given out before; after a while, or at the end, the newest is taken though it was. A look that fails may only be early: its reason counts at the end. */
const watching = (
  look: (number: string, deadline: number) => Promise<readonly string[]>,
): ReadToken => {
  const given = new Map<string, string>();
  return async (number, deadline) => {
    const begun = performance.now();
    const past = () => performance.now() - begun;
    for (;;) {
      const found = await look(number, Math.max(1, deadline - past())).catch((error: unknown) =>
        error instanceof Error ? error : new Error('reading a token failed'),
      );
      const tokens = found instanceof Error ? [] : found;
      const newest = tokens.at(-1);
      const seen = `${tokens.length} ${newest}`;
      const isNew = given.get(number) !== seen;
      if (newest !== undefined && (isNew || past() > Math.min(patience, deadline / 2))) {
        given.set(number, seen);
        return newest;
      }
      if (past() + pause <= deadline) await delay(pause);
      else if (found instanceof Error) throw found;
      else throw new DeadlineError(`no token for ${number} came within ${deadline / 1000} s`);
    }
  };
};

/** What reading tokens works with. */
export interface TokenWorld {
  readonly operator: Operator;
  /** Folder that commands run in. */
  readonly folder: string;
  /** PEM of the page's authority. */
  readonly trust?: string;
}

/** The way by which a target's file says that tokens arrive. */
export const tokenReader = (source: TokenSource, world: TokenWorld): ReadToken => {
  switch (source.from) {
    case 'operator':
      return async (number, deadline) => {
        const limit = Math.max(deadline, source.seconds * 1000);
        const typed = await world.operator.ask(`Type the token sent to ${number}`, limit);
        if (/^[\x21-\x7e]{1,64}$/.test(typed)) return typed;
        throw new Error(`the token typed for ${number} is empty or holds blanks; type it as it is`);
      };
    case 'http':
      return watching(async (number, deadline) => {
        const url = new URL(source.url.replaceAll('{number}', encodeURIComponent(number)));
        return tokensIn(await fetchPage(url, world.trust, deadline), source.pattern);
      });
    case 'command':
      return watching(async (number, deadline) => {
        const { command: words } = source;
        const { folder } = world;
        const run = { purpose: 'reading a token', words, number, folder, deadline };
        return tokensIn(await runCommand(run), source.pattern);
      });
  }
};
