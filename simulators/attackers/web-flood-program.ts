import { serveOrders } from './on-host.ts';
import { floodRegistration } from './web-flood.ts';

/** Floods for whoever started it on a host. */
serveOrders(floodRegistration);
