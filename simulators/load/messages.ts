/** Text of requests and responses as a phone of the product sends them; values have realistic sizes and no meaning. */

/** One end of a load call. */
export interface LoadUser {
  readonly number: string;
  /** host:port of its own end of the connection. */
  readonly contact: string;
}

const filler = (bytes: number): string => Buffer.alloc(bytes, 0x5a).toString('base64');

const cslOffer = [
  `X-CSL-From: ${filler(850)}`,
  `X-CSL-From-Chain: ${filler(860)}`,
  `X-CSL-Info1: ${filler(298)}`,
  `X-CSL-Info2: ${filler(258)}`,
].join('\r\n');

const cslAnswer = cslOffer.replace(/Info2: .*/, `Info2: ${filler(290)}`);

const sdpOf = (user: LoadUser): string => {
  const host = user.contact.replace(/:\d+$/, '');
  return `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 97\r\na=rtpmap:97 SPEEX/8000\r\na=ptime:20\r\na=ssrc:1 cname:load\r\n`;
};

const withBody = (head: readonly string[], body: string): string =>
  [
    ...head,
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

const withoutBody = (head: readonly string[]): string =>
  [...head, 'Content-Length: 0', '', ''].join('\r\n');

const contactOf = (user: LoadUser): string =>
  `Contact: <sip:${user.number}@${user.contact};transport=tls>`;

/** REGISTER for one hour. `id` is unique. */
export const registerText = (user: LoadUser, domain: string, id: string): string =>
  withoutBody([
    `REGISTER sip:${domain};transport=tls SIP/2.0`,
    `Via: SIP/2.0/TLS ${user.contact};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:${user.number}@${domain}>;tag=${id}`,
    `To: <sip:${user.number}@${domain}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 REGISTER',
    contactOf(user),
    'Expires: 3600',
  ]);

/** INVITE with an offer and the four X-CSL headers. */
export const inviteText = (user: LoadUser, callee: string, domain: string, id: string): string =>
  withBody(
    [
      `INVITE sip:${callee}@${domain};transport=tls SIP/2.0`,
      `Via: SIP/2.0/TLS ${user.contact};branch=z9hG4bK${id}i;rport`,
      'Max-Forwards: 70',
      `From: <sip:${user.number}@${domain}>;tag=${id}`,
      `To: <sip:${callee}@${domain}>`,
      `Call-ID: ${id}`,
      'CSeq: 1 INVITE',
      contactOf(user),
      cslOffer,
    ],
    sdpOf(user),
  );

/** What a dialog's later requests take from its 200. */
export interface LoadDialog {
  readonly target: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** ACK or BYE of the caller. */
export const laterText = (
  user: LoadUser,
  method: 'ACK' | 'BYE',
  dialog: LoadDialog,
  id: string,
): string =>
  withoutBody([
    `${method} ${dialog.target} SIP/2.0`,
    `Via: SIP/2.0/TLS ${user.contact};branch=z9hG4bK${id}${method};rport`,
    'Max-Forwards: 70',
    ...dialog.routes.map((route) => `Route: ${route}`),
    `From: ${dialog.from}`,
    `To: ${dialog.to}`,
    `Call-ID: ${id}`,
    `CSeq: ${method === 'ACK' ? 1 : 2} ${method}`,
    ...(method === 'ACK' ? [`X-CSL-Info2: ${filler(34)}`] : []),
  ]);

/** Every value of a header in a message's text. */
export const valuesOf = (text: string, name: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^${name}[ \\t]*:[ \\t]*(.*?)\\r$`, 'gim'))].map(
    ([, value = '']) => value,
  );

/** A response to a request's text; a 2xx to INVITE carries an answer. */
export const responseText = (user: LoadUser, request: string, status: string): string => {
  const copied = (name: string): readonly string[] =>
    valuesOf(request, name).map((value) => `${name}: ${value}`);
  const [to = ''] = valuesOf(request, 'To');
  const tagged = to.includes(';tag=') ? to : `${to};tag=load`;
  const head = [
    `SIP/2.0 ${status}`,
    ...copied('Via'),
    ...copied('Record-Route'),
    ...copied('From'),
    `To: ${tagged}`,
    ...copied('Call-ID'),
    ...copied('CSeq'),
  ];
  return request.startsWith('INVITE') && status.startsWith('200')
    ? withBody([...head, contactOf(user), cslAnswer], sdpOf(user))
    : withoutBody(request.startsWith('INVITE') ? [...head, contactOf(user)] : head);
};
