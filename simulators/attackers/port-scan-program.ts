import { serveOrders } from './on-host.ts';
import { scanPorts } from './port-scan.ts';

/** Scans for whoever started it on a host. */
serveOrders(scanPorts);
