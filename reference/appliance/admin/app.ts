import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HTTPMethods,
} from 'fastify';
import { sendAnswer, sendError } from './answers.ts';
import type { AdminContext, Answer, Route } from './context.ts';
import { isFormToken } from './cookies.ts';
import { isOwnHost } from '../../pages/own-host.ts';
import { isSameOrigin, setSecurityHeaders } from './guard.ts';
import { createAddressLimit } from './limits.ts';
import { withQuery } from './parts.ts';
import { allRoutes } from './routes.ts';
import { createAdminServer, type AdminTransport } from './server.ts';
import { prepareVisit, type PreparedVisit } from './visit.ts';

/** What the application works with. */
export interface AdminAppOptions extends AdminTransport {
  readonly context: AdminContext;
  /** Hosts under which it answers. */
  readonly names: readonly string[];
  readonly report: (code: string, detail: string) => void;
}

/** The route's answer to a checked visit: who is not signed in is sent to sign in, who must change the password to do so. */
const answerOf = (
  route: Route,
  { visit, formSecret }: PreparedVisit,
  report: AdminAppOptions['report'],
): Answer | Promise<Answer> => {
  const { user, form, target } = visit;
  if (route.access !== 'open' && user === null) {
    const next = route.method === 'GET' && target !== '/' ? target : undefined;
    return { kind: 'redirect', to: withQuery('/sign-in', { next }) };
  }
  if (route.method === 'POST' && !isFormToken(form.get('token'), formSecret)) {
    report('admin/form-token', route.path);
    return { kind: 'error', status: 403 };
  }
  if (route.access === 'open') return route.answer(visit);
  if (user === null) return { kind: 'error', status: 403 };
  if (user.mustChangePassword && route.access === 'signed-in')
    return { kind: 'redirect', to: '/account' };
  return route.answer({ ...visit, user });
};

type Refuse = (
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  reason?: string,
) => FastifyReply;

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

/** Registers the routes; every other method of their paths is answered 405 with what is allowed (RFC 9110 section 15.5.6). */
const addRoutes = (
  app: FastifyInstance,
  routes: readonly Route[],
  handlers: {
    readonly serve: (
      route: Route,
    ) => (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
    readonly refuse: Refuse;
  },
): void => {
  for (const route of routes)
    app.route({ method: route.method, url: route.path, handler: handlers.serve(route) });
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map(({ method }) => method);
    const isHeadOpen = allowed.includes('GET');
    const method: HTTPMethods[] = [
      ...allMethods.filter((name) => !allowed.some((other) => other === name)),
      ...(isHeadOpen ? [] : (['HEAD'] as const)),
    ];
    const allow = [...allowed, ...(isHeadOpen ? ['HEAD'] : [])].join(', ');
    app.route({
      method,
      url: path,
      handler: (request, reply) => handlers.refuse(request, reply.header('allow', allow), 405),
    });
  }
};

/** Why a request is not served at all, by its head alone; the first that holds. */
const refusalOf = ({
  context,
  names,
  limits,
}: AdminAppOptions): ((
  request: FastifyRequest,
) => { readonly code: string; readonly status: number } | undefined) => {
  const isRequestDue = createAddressLimit(limits.requestRate, limits.requestBurst, context.now);
  const isSignInDue = createAddressLimit(limits.signInRate, limits.signInBurst, context.now);
  return ({ headers, ip, method, routeOptions }) => {
    if (!isRequestDue(ip)) return { code: 'admin/rate', status: 429 };
    if (!isOwnHost(headers, names)) return { code: 'admin/host', status: 421 };
    if (method !== 'POST') return undefined;
    if (!isSameOrigin(headers)) return { code: 'admin/origin', status: 403 };
    // By the route, because a path has many spellings.
    return routeOptions.url === '/sign-in' && !isSignInDue(ip)
      ? { code: 'admin/sign-in-rate', status: 429 }
      : undefined;
  };
};

const storeFault = (error: Error): string | undefined =>
  'code' in error && String(error.code).startsWith('store/') ? String(error.code) : undefined;

/** Builds the application; nothing listens yet. */
export const createAdminApp = (options: AdminAppOptions): FastifyInstance => {
  const { context, report } = options;
  const app = createAdminServer(options);
  const needsCertificate = options.clientTrust.length > 0;
  const prepare = (request: FastifyRequest, findUser: boolean): PreparedVisit =>
    prepareVisit(request, context, { needsCertificate, findUser });
  const refuse: Refuse = (request, reply, status, reason = '') =>
    sendError(reply, prepare(request, false), context, { status, reason });

  const headRefusal = refusalOf(options);
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply.raw);
    const refusal = headRefusal(request);
    if (refusal === undefined) return undefined;
    report(refusal.code, request.ip);
    if (refusal.status === 429) void reply.header('retry-after', '60');
    return refuse(request, reply, refusal.status);
  });
  addRoutes(app, allRoutes(context), {
    serve: (route) => async (request, reply) => {
      const prepared = prepare(request, true);
      return sendAnswer(reply, prepared, context, await answerOf(route, prepared, report));
    },
    refuse,
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, 404));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const reason = storeFault(error);
    const status = reason === undefined ? (error.statusCode ?? 500) : 503;
    if (status >= 500) report('admin/failed', error.message.split('\n', 1)[0] ?? '');
    return refuse(request, reply, status, reason);
  });
  app.server.on('tlsClientError', (error: Error) =>
    report('tls/handshake', 'code' in error ? String(error.code) : error.message),
  );
  return app;
};
