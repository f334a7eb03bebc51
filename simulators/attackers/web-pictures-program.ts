import { serveOrders } from './on-host.ts';
import { takePictures } from './web-pictures.ts';

/** Takes pictures for whoever started it on a host. */
serveOrders(takePictures);
