import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../../simulators/attackers/endpoint.ts';
import {
  createTestAuthorities,
  issueClient,
} from '../../../simulators/attackers/testing/authorities.ts';
import { freshKey } from '../../../simulators/attackers/certificate-forger.ts';
import { startOpensslServer } from '../../../simulators/attackers/testing/openssl-server.ts';
import type { ClientIdentity } from '../../../simulators/attackers/tls-client/client-model.ts';
import type { VerdictKind } from '../../../reports/model/verdict.ts';
import type { ProbeFacts } from '../facts-model.ts';
import { probeServer, type ProbeOptions } from '../gather.ts';
import { judgeProbe } from '../judge.ts';
import { observeProbe } from '../observe.ts';

/** A hierarchy for every server of a test file, and a user's certificate. */
export const authorities = createTestAuthorities();
const key = freshKey();
export const identity: ClientIdentity = {
  chain: [issueClient(authorities, '+33612345678', key), authorities.clientAuthority.certificate],
  privateKey: key,
};

/** The one suite and version of section 5.1, as s_server's options. */
export const exactOptions = ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384'] as const;

/** Runs a body against `openssl s_server`; files are texts by the option that names them. */
export const withOpenssl = async <Value>(
  options: readonly string[],
  body: (endpoint: Endpoint) => Promise<Value>,
  files: Readonly<Record<string, string>> = {},
): Promise<Value> => {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const named = Object.entries(files).flatMap(([option, text], index) => {
    const path = join(folder, `${index}.pem`);
    writeFileSync(path, text);
    return [option, path];
  });
  const server = await startOpensslServer(authorities, [...options, ...named]);
  try {
    return await body(server.endpoint);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
};

/** A probe with short waits. */
export const probe = (
  endpoint: Endpoint,
  options: Partial<ProbeOptions> = {},
): Promise<ProbeFacts> =>
  probeServer({
    endpoint,
    service: 'sip',
    deadlineMs: 5_000,
    quietMs: 150,
    identity: null,
    authorities: [],
    ...options,
  });

/** Kinds of the verdicts by claim. */
export const kindsOf = (facts: ProbeFacts): Readonly<Record<string, VerdictKind>> =>
  Object.fromEntries(judgeProbe(facts).map(({ claim, kind }) => [claim, kind]));

/** Texts of the observations of one row of the attack catalogue. */
export const observed = (facts: ProbeFacts, id: string): readonly string[] =>
  observeProbe(facts)
    .filter((each) => each.id === id)
    .map(({ text }) => text);
