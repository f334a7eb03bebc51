import type { Line } from './line.ts';
import {
  inviteText,
  laterText,
  type LoadDialog,
  registerText,
  responseText,
  valuesOf,
} from './messages.ts';

/** Registers a line; rejects with the status when it is refused. */
export const registerLine = (line: Line, domain: string, id: string): Promise<void> =>
  new Promise((resolve, reject) => {
    line.onMessage = (text) => {
      line.onMessage = () => undefined;
      if (text.startsWith('SIP/2.0 200')) resolve();
      else reject(new Error(`REGISTER of ${line.number}: ${text.slice(0, 60).split('\r')[0]}`));
    };
    line.send(registerText(line, domain, id));
  });

/** Rings and answers every call on a line. */
export const answerCalls = (line: Line): void => {
  line.onMessage = (text) => {
    if (text.startsWith('INVITE ')) {
      line.send(responseText(line, text, '180 Ringing'));
      line.send(responseText(line, text, '200 OK'));
    } else if (text.startsWith('BYE ')) line.send(responseText(line, text, '200 OK'));
  };
};

const dialogOf = (text: string): LoadDialog => ({
  target: /<([^>]*)>/.exec(valuesOf(text, 'Contact')[0] ?? '')?.[1] ?? 'sip:none.invalid',
  routes: valuesOf(text, 'Record-Route').toReversed(),
  from: valuesOf(text, 'From')[0] ?? '',
  to: valuesOf(text, 'To')[0] ?? '',
});

/** Makes one call without media: INVITE, 180, 200, ACK, BYE, 200. Rejects with the first refusal. */
export const makeCall = (line: Line, callee: string, domain: string, id: string): Promise<void> =>
  new Promise((resolve, reject) => {
    line.onMessage = (text) => {
      const status = Number(text.slice(8, 11));
      if (!text.startsWith('SIP/2.0 ') || status < 200) return;
      if (status >= 300) {
        reject(new Error(`call from ${line.number}: ${text.split('\r')[0]}`));
        return;
      }
      if (valuesOf(text, 'CSeq')[0] === '2 BYE') {
        resolve();
        return;
      }
      const dialog = dialogOf(text);
      line.send(laterText(line, 'ACK', dialog, id));
      line.send(laterText(line, 'BYE', dialog, id));
    };
    line.send(inviteText(line, callee, domain, id));
  });
