/** The library `smpp` 0.5, which has no types of its own, as far as the tests use it. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';

  export interface LibraryPdu {
    readonly command: string;
    readonly sequence_number: number;
    readonly system_id?: string;
    readonly password?: string;
    readonly interface_version?: number;
    readonly source_addr?: string;
    readonly source_addr_ton?: number;
    readonly destination_addr?: string;
    readonly dest_addr_ton?: number;
    readonly data_coding?: number;
    readonly short_message?: { readonly message?: string };
    readonly message_payload?: { readonly message?: string } | string;
    response(fields?: object): LibraryPdu;
  }

  /** A session on the centre's side. */
  export interface LibrarySession extends EventEmitter {
    send(pdu: LibraryPdu): void;
    enquire_link(callback: (pdu: LibraryPdu) => void): void;
    unbind(): void;
    deliver_sm(fields: object, callback: (pdu: LibraryPdu) => void): void;
    query_sm(fields: object, callback: (pdu: LibraryPdu) => void): void;
    destroy(): void;
    readonly socket: { destroy(): void };
  }

  const library: {
    createServer(listener: (session: LibrarySession) => void): Server;
    createServer(options: object, listener: (session: LibrarySession) => void): Server;
  };
  export default library;
}
