import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { readCookies, isSecret, newSecret } from '../../pages/cookies.ts';
import { isOwnHost } from '../../pages/own-host.ts';
import { utf8 } from '../../core/bytes.ts';

/** Names under which a browser on this machine, or on a phone behind `adb reverse`, reaches the screen. */
const names = ['127.0.0.1', 'localhost', '::1'];

/** Screens that are remembered; opening more forgets the oldest. */
const longest = 32;

/** Other screens, and other programs on this machine, may set cookies for all of it: each screen's has a name of its own, out of its secret path. */
const cookieNameOf = (id: string): string => `discretio-phone-${id.slice(0, 16)}`;

/** Whether two secrets are the same, in constant time. */
const isSame = (given: string, expected: string): boolean => {
  const [left, right] = [utf8(given), utf8(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** A screen that was opened with the key: its path is secret, and worthless without its cookie. */
interface OpenedScreen {
  readonly path: string;
  readonly setCookie: string;
}

/** Decides who may see and use a phone's screen; the port is open to everybody on the machine, and to every page in its browsers. */
export interface Guard {
  /** Secret of the address that opens the screen next: each opens it once, so that one that is found later is worth nothing. */
  readonly key: string;
  /** Whether a request names this machine: another name is somebody else's, pointed here (DNS rebinding). */
  isOwnHost(headers: IncomingHttpHeaders): boolean;
  /** A screen of its own for whoever has the key; null for anybody else. */
  open(key: string): OpenedScreen | null;
  /** Whether a request for something of a screen comes from the browser that opened it. */
  mayRead(id: string, headers: IncomingHttpHeaders): boolean;
  /** Whether a WebSocket is wanted by the screen's own page: other pages in the same browser, too, can ask for one. */
  mayConnect(id: string, headers: IncomingHttpHeaders): boolean;
}

const newId = (): string => newSecret((length) => new Uint8Array(randomBytes(length)));

/**
 * Makes the guard of one port. Cookies know no ports: this one is for a path that nobody can guess, so that another server on
 * this machine never gets it.
 */
export const createGuard = (): Guard => {
  let key = newId();
  const secrets = new Map<string, string>();
  const mayRead = (id: string, headers: IncomingHttpHeaders): boolean => {
    const secret = secrets.get(id);
    const given = readCookies(headers.cookie).get(cookieNameOf(id));
    return secret !== undefined && isSecret(given) && isSame(given, secret);
  };
  return {
    get key() {
      return key;
    },
    isOwnHost: (headers) => isOwnHost(headers, names),
    open(given) {
      if (!isSame(given, key)) return null;
      key = newId();
      const [id, secret] = [newId(), newId()];
      secrets.set(id, secret);
      const [oldest] = secrets.keys();
      if (secrets.size > longest && oldest !== undefined) secrets.delete(oldest);
      const path = `/s/${id}/`;
      return {
        path,
        setCookie: `${cookieNameOf(id)}=${secret}; Path=${path}; HttpOnly; SameSite=Strict`,
      };
    },
    mayRead,
    mayConnect: (id, headers) =>
      headers.origin === `http://${headers.host ?? ''}` && mayRead(id, headers),
  };
};
