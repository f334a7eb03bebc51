import type { FastifyRequest } from 'fastify';
import type { TLSSocket } from 'node:tls';
import type { AdminContext, SignedIn, Visit } from './context.ts';
import { isSecret, newSecret, readCookies } from '../../pages/cookies.ts';
import { cookie, cookieNames, formTokenOf } from './cookies.ts';
import { sessionUser } from './sessions.ts';
import { languageOf, preferredLanguage, textsOf } from './texts/language.ts';

/** A visit, and what the form tokens of its page are made of. */
export interface PreparedVisit {
  readonly visit: Visit;
  readonly formSecret: string;
  /** Set-Cookie values that the answer needs. */
  readonly cookies: readonly string[];
}

/** CommonName of the client's certificate; one that has none, or several, fits nobody. */
const certificateNameOf = (request: FastifyRequest): string => {
  const subject: unknown = (request.raw.socket as TLSSocket).getPeerCertificate().subject;
  const name: unknown =
    typeof subject === 'object' && subject !== null && 'CN' in subject ? subject.CN : undefined;
  return typeof name === 'string' ? name : '';
};

const firstValues = (search: string): ReadonlyMap<string, string> =>
  new Map([...new URLSearchParams(search)].toReversed());

/** Where to go on from a page: after a POST, the list that it belongs to. */
const targetOf = ({ method, url }: FastifyRequest): string =>
  method === 'POST' ? (/^\/[a-z-]*/.exec(url)?.[0] ?? '/') : url;

/** Reads a request. Without `findUser` nobody counts as signed in, and the state is not asked. */
export const prepareVisit = (
  request: FastifyRequest,
  context: AdminContext,
  options: { readonly needsCertificate: boolean; readonly findUser: boolean },
): PreparedVisit => {
  const jar = readCookies(request.headers.cookie);
  const language =
    languageOf(jar.get(cookieNames.language)) ??
    preferredLanguage(request.headers['accept-language']);
  const certificateName = options.needsCertificate ? certificateNameOf(request) : null;
  const session = jar.get(cookieNames.session);
  const user: SignedIn | null =
    options.findUser && isSecret(session) ? sessionUser(context, session, certificateName) : null;
  const known = user?.sessionToken ?? jar.get(cookieNames.form);
  const formSecret = isSecret(known) ? known : newSecret(context.randomBytes);
  const { url } = request;
  const queryAt = url.indexOf('?');
  return {
    formSecret,
    cookies: formSecret === known ? [] : [cookie(cookieNames.form, formSecret)],
    visit: {
      at: context.now(),
      language,
      text: textsOf(language),
      target: targetOf(request),
      query: firstValues(queryAt < 0 ? '' : url.slice(queryAt)),
      parameters: (request.params ?? {}) as Readonly<Record<string, string>>,
      form: request.body instanceof Map ? (request.body as ReadonlyMap<string, string>) : new Map(),
      formToken: formTokenOf(formSecret),
      certificateName,
      user,
    },
  };
};
