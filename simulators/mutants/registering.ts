import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type { ApplianceStore } from '../../reference/appliance/store/contract.ts';

/** Starts a registration service. */
export type StartRegistration = ApplianceParts['startRegistration'];
type Options = Parameters<StartRegistration>[0];
type Enrolments = ApplianceStore['enrolments'];

/** A registration service with other options. */
export const registering =
  (change: (options: Options) => Partial<Options>): StartRegistration =>
  (options) =>
    applianceParts.startRegistration({ ...options, ...change(options) });

/** A registration service that remembers enrolments otherwise. */
export const remembering = (
  change: (right: Enrolments, store: ApplianceStore) => Partial<Enrolments>,
) =>
  registering(({ store }) =>
    store === undefined
      ? {}
      : {
          store: {
            ...store,
            enrolments: { ...store.enrolments, ...change(store.enrolments, store) },
          },
        },
  );
