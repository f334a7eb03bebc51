import { applianceParts } from '../../reference/appliance/parts.ts';
import type { Appliance, Site } from '../contract.ts';
import { startReferenceAppliance } from '../reference/reference-appliance.ts';
import { kamailioParts, type Engines } from './parts.ts';

/** Starts the appliance of the reference on the target's engines: Kamailio, rtpengine or both. Once an engine broke or ended, everything asked of it rejects with what happened, so that nothing is judged by it. */
export const startKamailioAppliance = async (site: Site, engines?: Engines): Promise<Appliance> => {
  const { parts, failure, caughtUp, clear } = await kamailioParts(engines);
  let appliance: Appliance;
  try {
    appliance = await startReferenceAppliance(site, { ...applianceParts, ...parts });
  } catch (error) {
    await clear();
    throw error;
  }
  const whole = <Given extends readonly unknown[], Value>(
    method: (...given: Given) => Promise<Value>,
  ) => {
    return async (...given: Given): Promise<Value> => {
      failure.check();
      const value = await method(...given);
      failure.check();
      return value;
    };
  };
  const askAdministration = async () => {
    const page = await appliance.administration?.();
    if (page === undefined) throw new Error('the appliance has no administration page');
    return page;
  };
  return {
    ...appliance,
    describe: whole(() => appliance.describe()),
    readToken: whole((number, deadline) => appliance.readToken(number, deadline)),
    refusals: whole(async () => {
      await caughtUp();
      return appliance.refusals();
    }),
    ...(appliance.revoke === undefined
      ? {}
      : { revoke: whole(async (number: string) => appliance.revoke?.(number)) }),
    ...(appliance.release === undefined
      ? {}
      : { release: whole(async (number: string) => appliance.release?.(number)) }),
    ...(appliance.administration === undefined ? {} : { administration: whole(askAdministration) }),
    async stop() {
      await appliance.stop();
      await clear();
      failure.check();
    },
  };
};
