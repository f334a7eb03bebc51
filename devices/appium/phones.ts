import { readFarm, simulatedFarm } from './farm/read.ts';
import { openFarmLab } from './farm/lab.ts';
import { networks } from './farm/schema.ts';

/** Phones of a farm as a target's file names them (`kind: file`). Which farm, and which phone is whose, the environment says. */

const {
  DISCRETIO_FARM,
  DISCRETIO_ROLES = '',
  DISCRETIO_NETWORK,
  DISCRETIO_DEVICE_EVIDENCE,
} = process.env;

/** `alice=one,bob=two`: whom the scenarios know by which name. */
const roles = new Map(
  DISCRETIO_ROLES.split(',').flatMap((each) => {
    const [role = '', phone = ''] = each.split('=');
    return phone === '' ? [] : [[role, phone] as const];
  }),
);

const lab = await openFarmLab(readFarm(DISCRETIO_FARM ?? simulatedFarm), {
  roles,
  network: networks.find((network) => network === DISCRETIO_NETWORK) ?? 'wifi',
  evidence: DISCRETIO_DEVICE_EVIDENCE,
});

/** What every phone of the farm can do. */
export const capabilities = lab.capabilities;

/** Starts a phone of the farm in the place of one of the scenarios'. */
export const startPhone = lab.startPhone;
