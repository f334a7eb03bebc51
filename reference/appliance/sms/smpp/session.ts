import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { concat } from '../../../core/bytes.ts';
import {
  bindBody,
  command,
  encodePdu,
  responseBit,
  status,
  takePdus,
  type Pdu,
  type SmppAccount,
} from './pdu.ts';

/** Where a centre is and whom to bind as. */
export interface SmppCentre extends SmppAccount {
  readonly host: string;
  readonly port: number;
  /** SMPP has no encryption of its own: without TLS, password and tokens are readable on the way to the centre. */
  readonly tls: boolean;
  /** PEM of whom the centre's certificate must lead to; the system's authorities unless given. */
  readonly ca?: string;
}

/** Milliseconds. */
export interface SmppTimes {
  /** For connecting, binding and each answer. */
  readonly answer: number;
  /** Idle time after which the link is tested (enquire_link). */
  readonly enquire: number;
}

/** A bound session. */
export interface SmppSession {
  /** Sends a request and gives its answer's command_status; rejects when the connection ends or the answer is late. */
  request(command: number, body: Uint8Array): Promise<number>;
  isOpen(): boolean;
  /** Unbinds and closes; at once when the centre does not answer. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: Pdu) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Requests and answers over an open socket; ends it when the bytes are no SMPP, an answer is late or the link is dead. */
const createExchange = (socket: Socket, times: SmppTimes) => {
  const waiting = new Map<number, Waiting>();
  let received: Uint8Array = new Uint8Array();
  let sequence = 0;
  const write = (pdu: Pdu): void => {
    if (socket.writable) socket.write(encodePdu(pdu));
  };
  const request = (id: number, body: Uint8Array): Promise<Pdu> => {
    if (!socket.writable) return Promise.reject(new Error('the connection is closed'));
    sequence = (sequence % 0x7f_ff_ff_ff) + 1;
    const own = sequence;
    return new Promise((resolve, reject) => {
      const late = (): void =>
        void socket.destroy(new Error(`no answer within ${times.answer} ms`));
      waiting.set(own, { resolve, reject, timer: setTimeout(late, times.answer) });
      write({ command: id, status: status.ok, sequence: own, body });
    });
  };
  const answer = (pdu: Pdu): void => {
    const entry = waiting.get(pdu.sequence);
    if (entry === undefined) return;
    waiting.delete(pdu.sequence);
    clearTimeout(entry.timer);
    entry.resolve(pdu);
  };
  const serve = ({ command: id, sequence: theirs }: Pdu): void => {
    const known = [command.enquireLink, command.unbind, command.deliverSm].some(
      (one) => one === id,
    );
    // deliver_sm_resp has an empty message_id (section 4.6.2).
    const body = id === command.deliverSm ? new Uint8Array(1) : new Uint8Array();
    if (known)
      write({ command: (id | responseBit) >>> 0, status: status.ok, sequence: theirs, body });
    else {
      const refusal = { status: status.invalidCommand, sequence: theirs, body: new Uint8Array() };
      write({ command: command.genericNack, ...refusal });
    }
    if (id === command.unbind) socket.end();
  };
  socket.on('data', (bytes: Buffer) => {
    const taken = takePdus(concat(received, bytes));
    if (!taken.ok) return void socket.destroy(new Error('the centre does not speak SMPP'));
    received = taken.value.rest;
    for (const pdu of taken.value.pdus) {
      if ((pdu.command & responseBit) !== 0) answer(pdu);
      else serve(pdu);
    }
  });
  socket.setTimeout(times.enquire, () => {
    request(command.enquireLink, new Uint8Array()).catch(() => undefined);
  });
  let failure = new Error('the centre closed the connection');
  socket.on('error', (error) => (failure = error));
  socket.on('close', () => {
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    waiting.clear();
  });
  return { request };
};

const openSocket = ({ host, port, tls, ca }: SmppCentre, deadline: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' })
      : connectTcp({ host, port });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new Error(`no connection within ${deadline} ms`)),
      deadline,
    );
    socket.once('error', fail);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });

/** Connects and binds as transceiver (SMPP 3.4 section 4.1.5). Rejects with the reason; the password is in no message. */
export const openSession = async (centre: SmppCentre, times: SmppTimes): Promise<SmppSession> => {
  const socket = await openSocket(centre, times.answer);
  const { request } = createExchange(socket, times);
  const bound = await request(command.bindTransceiver, bindBody(centre));
  if (bound.command !== command.bindTransceiverResponse || bound.status !== status.ok) {
    socket.destroy();
    throw new Error(`the centre refused the account (status 0x${bound.status.toString(16)})`);
  }
  return {
    request: async (id, body) => {
      const answered = await request(id, body);
      const isNack = answered.command === command.genericNack && answered.status === status.ok;
      return isNack ? status.invalidCommand : answered.status;
    },
    isOpen: () => socket.writable,
    close: async () => {
      await request(command.unbind, new Uint8Array()).catch(() => undefined);
      socket.destroy();
    },
  };
};
