import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { databaseFileName } from '../store/backup.ts';
import { openStore } from '../store/open.ts';
import { storeError } from '../store/store-error.ts';
import { controlPath } from './control.ts';
import { perform, type Operation, type OperationEvent } from './operations.ts';

/** Connects to the running appliance; undefined when none listens. */
const reach = async (state: string): Promise<Socket | undefined> => {
  const socket = connect(controlPath(state));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined;
    throw new Error(
      `control socket ${controlPath(state)}: cannot be opened (${code}); run this as the service’s user or as root`,
      { cause: error },
    );
  }
};

async function* ask(
  socket: Socket,
  operation: Operation,
  by: string,
): AsyncGenerator<OperationEvent, void, void> {
  socket.write(`${JSON.stringify({ by, operation })}\n`);
  let isOver = false;
  try {
    for await (const line of createInterface({ input: socket })) {
      const event = JSON.parse(line) as OperationEvent;
      isOver = event.kind !== 'row';
      yield event;
    }
  } finally {
    socket.destroy();
  }
  if (!isOver)
    yield {
      kind: 'refused',
      text: 'the appliance ended before its answer; look at its log, then repeat the command',
    };
}

/** Performs an operation on the state of an appliance that does not run, holding the state meanwhile. */
async function* performAlone(
  state: string,
  operation: Operation,
  by: string,
): AsyncGenerator<OperationEvent, void, void> {
  if (!existsSync(join(state, databaseFileName))) throw storeError(state, 'store/missing');
  const store = openStore(state, Date.now());
  try {
    const context = {
      store,
      now: Date.now,
      randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
    };
    yield* perform(context, operation, by);
  } finally {
    store.close();
  }
}

/**
 * Performs an operation of `discretio admin`: by the running appliance where one listens in the state folder, else here on the
 * state itself, which is refused while another process holds it. Paths are meant from this process's folder. Throws one line.
 */
export async function* administer(
  state: string,
  operation: Operation,
  by: string,
): AsyncGenerator<OperationEvent, void, void> {
  const asked =
    operation.operation === 'backup'
      ? { ...operation, folder: resolve(operation.folder) }
      : operation;
  const socket = await reach(state);
  if (socket) yield* ask(socket, asked, by);
  else yield* performAlone(state, asked, by);
}
