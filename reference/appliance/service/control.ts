import { once } from 'node:events';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ApplianceLog } from '../logging/log.ts';
import {
  operationSchema,
  perform,
  type OperationContext,
  type OperationEvent,
} from './operations.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

/** Bytes of the longest request, and milliseconds that its sender may take. */
const limits = { request: 16_384, time: 10_000, connections: 16 } as const;

/** Bytes of a socket's name that every system takes (sun_path). */
const longestName = 103;

/** An operation as it comes over the socket: one line of JSON. */
export const requestSchema = z.strictObject({
  /** The operator's user name. Who may open the socket is the service's own user or root, so it is believed. */
  by: z.string().regex(/^[^\p{Cc}]{1,64}$/u),
  operation: operationSchema,
});

/** Where the running appliance listens for `discretio admin`. */
export const controlPath = (state: string): string => join(state, 'control.sock');

/** The running control socket. */
export interface ControlSocket {
  close(): Promise<void>;
}

const write = async (socket: Socket, event: OperationEvent): Promise<void> => {
  if (socket.destroyed) throw new Error('the operator has gone');
  if (socket.write(`${JSON.stringify(event)}\n`)) return;
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
};

const readRequest = async (socket: Socket): Promise<unknown> => {
  socket.setTimeout(limits.time, () => socket.destroy());
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > limits.request) socket.destroy();
  });
  for await (const line of createInterface({ input: socket })) {
    socket.setTimeout(0);
    return JSON.parse(line);
  }
  return undefined;
};

const serve = async (
  socket: Socket,
  context: OperationContext,
  log: Pick<ApplianceLog, 'administered'>,
): Promise<void> => {
  const request = readBySchema(requestSchema, await readRequest(socket).catch(() => undefined));
  if (!request.success) {
    const text = 'the request is malformed; use discretio admin of the same version';
    await write(socket, { kind: 'refused', text });
    return;
  }
  const { by, operation } = request.data;
  let isDone = false;
  try {
    for await (const event of perform(context, operation, by)) {
      isDone = event.kind === 'done';
      await write(socket, event);
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    await write(socket, { kind: 'refused', text });
  } finally {
    log.administered(operation.operation, by, isDone);
  }
};

/** Throws one line unless the state folder can hold the socket: its path is short, and nobody else may write in it. */
export const requireControlPlace = (state: string): void => {
  if (Buffer.byteLength(controlPath(state)) > longestName)
    throw new Error(
      `state ${state}: its path is too long for a socket in it; choose one of at most ${longestName - 13} bytes`,
    );
  const { mode } = statSync(state);
  if ((mode & 0o022) !== 0)
    throw new Error(
      `state ${state}: other users may write in it (mode ${(mode & 0o777).toString(8)}); chmod 0700`,
    );
};

/**
 * Listens in the state folder, on a socket that only the service's user and root can open, for the operations of
 * `discretio admin`: one line of JSON in, lines of JSON out. Call it while holding the state: what lies there of a process that
 * was killed is removed. Rejects with one line.
 */
export const openControlSocket = async (
  state: string,
  context: OperationContext,
  log: Pick<ApplianceLog, 'administered'>,
): Promise<ControlSocket> => {
  requireControlPlace(state);
  const path = controlPath(state);
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    void serve(socket, context, log)
      .catch(() => undefined)
      .finally(() => socket.end());
  });
  server.maxConnections = limits.connections;
  // The socket is bound before this returns, so that nobody else can ever open it.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await once(server, 'listening').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`control socket ${path}: cannot listen (${reason}); mend the state folder`, {
      cause: error,
    });
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
