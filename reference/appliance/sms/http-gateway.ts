import type { SmsSender } from './sms-sender.ts';

/** A gateway that takes texts by HTTP. `{number}`, `{text}` and `{secret}` are put in where they stand. */
export interface HttpGatewaySettings {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** In the path and query each value is percent-encoded; host and scheme have no places. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Escaped by the content type of `headers`: inside a JSON string, as form data, or as XML text; in any other type a value goes in
   * as it is. None for GET.
   */
  readonly body?: string;
  /** Goes in as `{secret}`, and into no message. */
  readonly secret?: string;
  /** Milliseconds; 10,000 unless given. */
  readonly deadline?: number;
}

type Escape = (value: string) => string;

const xmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What may stand in form data is what `encodeURIComponent` leaves, and a few more that it should not. */
const percent: Escape = (value) =>
  encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const inJson: Escape = (value) => JSON.stringify(value).slice(1, -1);
const inXml: Escape = (value) =>
  value.replace(/[&<>"']/g, (character) => xmlEscapes[character] ?? '');
/** A header field's value is one line of Latin-1 (RFC 9110 section 5.5). */
const inHeader: Escape = (value) => value.replace(/[^\u0020-\u007e\u00a0-\u00ff]/g, ' ');

const escapeFor = (contentType: string): Escape => {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) return inJson;
  if (type === 'application/x-www-form-urlencoded') return percent;
  if (type.endsWith('/xml') || type.endsWith('+xml')) return inXml;
  return (value) => value;
};

type Values = Readonly<Record<'number' | 'text' | 'secret', string>>;

/** Puts values into their places in one pass: a place inside a value stays text. */
const fill = (template: string, values: Values, escape: Escape): string =>
  template.replace(/\{(number|text|secret)\}/g, (_, name: keyof Values) => escape(values[name]));

const contentTypeOf = (headers: HttpGatewaySettings['headers']): string =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';

/**
 * Sends each text by one HTTP request (status 2xx: taken). A redirect is refused, because it would take token and secret elsewhere.
 * Rejects with one line: scheme and host, reason, way out; no text, number or secret. Throws when made with a place in the host.
 */
export const createHttpGateway = (settings: HttpGatewaySettings): SmsSender => {
  const origin = /^https?:\/\/[^/?#]+/i.exec(settings.url)?.[0];
  if (origin === undefined || origin.includes('{') || origin.includes('@')) {
    throw new Error(
      'SMS gateway: the URL needs a scheme and a host without places or account; mend it',
    );
  }
  const deadline = settings.deadline ?? 10_000;
  const escape = escapeFor(contentTypeOf(settings.headers));
  const fail = (reason: string): Error =>
    new Error(`SMS gateway ${origin}: ${reason}; check the gateway and its settings`);
  return {
    send: async (number, text) => {
      const values = { number, text, secret: settings.secret ?? '' };
      const headers = Object.fromEntries(
        Object.entries(settings.headers).map(([name, value]) => [
          name,
          fill(value, values, inHeader),
        ]),
      );
      const answer = await fetch(
        origin + fill(settings.url.slice(origin.length), values, percent),
        {
          method: settings.method,
          headers,
          redirect: 'manual',
          signal: AbortSignal.timeout(deadline),
          ...(settings.body === undefined || settings.method === 'GET'
            ? {}
            : { body: fill(settings.body, values, escape) }),
        },
      ).catch((error: unknown) => {
        const isLate = error instanceof Error && error.name === 'TimeoutError';
        throw fail(isLate ? `no answer within ${deadline} ms` : 'cannot be reached');
      });
      await answer.body?.cancel();
      if (answer.status >= 300 && answer.status < 400)
        throw fail(`redirects (HTTP ${answer.status})`);
      if (!answer.ok) throw fail(`HTTP ${answer.status}`);
    },
  };
};
