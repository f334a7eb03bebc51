import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { AdminContext, Answer } from './context.ts';
import { cookie, cookieNames } from './cookies.ts';
import { html } from './html.ts';
import { renderDocument } from './layout.ts';
import { fill } from './texts/language.ts';
import type { PreparedVisit } from './visit.ts';

const sendDocument = (
  reply: FastifyReply,
  { visit, cookies }: PreparedVisit,
  { outbox }: AdminContext,
  page: Extract<Answer, { readonly kind: 'page' }>,
): FastifyReply => {
  if (cookies.length > 0) void reply.header('set-cookie', cookies);
  return reply
    .code(page.status)
    .type('text/html; charset=utf-8')
    .send(renderDocument(visit, { ...page, hasOutbox: outbox !== null }));
};

const errorStatuses = [400, 403, 404, 405, 413, 415, 421, 429, 503] as const;

/** Sends the page of an error; other statuses than those that have a text become 400 or 500. */
export const sendError = (
  reply: FastifyReply,
  prepared: PreparedVisit,
  context: AdminContext,
  { status, reason = '' }: { readonly status: number; readonly reason?: string },
): FastifyReply => {
  const { text } = prepared.visit;
  const known =
    errorStatuses.find((candidate) => candidate === status) ?? (status < 500 ? 400 : 500);
  return sendDocument(reply, prepared, context, {
    kind: 'page',
    status: known,
    title: fill(text['error.title'], { status: known }),
    body: html`<p class="note bad" role="alert">${fill(text[`error.${known}`], { reason })}</p><p><a href="/">${text['error.home']}</a></p>`,
  });
};

/** Lines joined to larger pieces, so that an export costs few writes. */
const inPieces = function* (lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < 32_768) continue;
    yield piece;
    piece = '';
  }
  yield piece;
};

const sendRedirect = (
  reply: FastifyReply,
  { to, session, language }: Extract<Answer, { readonly kind: 'redirect' }>,
): FastifyReply => {
  const cookies = [
    ...(session === undefined ? [] : [cookie(cookieNames.session, session)]),
    ...(typeof session === 'string' ? [cookie(cookieNames.form, null)] : []),
    ...(language === undefined ? [] : [cookie(cookieNames.language, language)]),
  ];
  if (cookies.length > 0) void reply.header('set-cookie', cookies);
  return reply.redirect(to, 303);
};

/** Sends what a page answered. */
export const sendAnswer = (
  reply: FastifyReply,
  prepared: PreparedVisit,
  context: AdminContext,
  answer: Answer,
): FastifyReply => {
  switch (answer.kind) {
    case 'page':
      return sendDocument(reply, prepared, context, answer);
    case 'redirect':
      return sendRedirect(reply, answer);
    case 'error':
      return sendError(reply, prepared, context, answer);
    case 'file':
      return reply
        .header('content-disposition', `attachment; filename="${answer.name}"`)
        .type(answer.type)
        .send(Readable.from(inPieces(answer.lines)));
  }
};
