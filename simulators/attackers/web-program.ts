import { serveOrders } from './on-host.ts';
import { requestPage } from './web-client.ts';

/** Asks for pages for whoever started it on a host. */
serveOrders(requestPage);
