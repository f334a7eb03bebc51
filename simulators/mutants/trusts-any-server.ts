import { connect } from 'node:tls';
import type { PhoneParts } from '../../reference/client/parts.ts';

/** Connects with the right profile and its own certificate, and checks nothing of the server. */
export const connectToAnyone: PhoneParts['connectTls'] = ({ endpoint, identity, keyLog }) =>
  new Promise((resolve, reject) => {
    const socket = connect({
      ...endpoint,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      rejectUnauthorized: false,
      ...(identity && {
        key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: identity.certificateChain,
      }),
    });
    if (keyLog) socket.on('keylog', (line) => keyLog(line.toString()));
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
