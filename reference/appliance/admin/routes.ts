import type { AdminContext, Route } from './context.ts';
import { accountRoutes } from './pages/account.ts';
import { administratorsRoutes } from './pages/administrators.ts';
import { auditRoutes } from './pages/audit.ts';
import { backupsRoutes } from './pages/backups.ts';
import { certificateRoutes } from './pages/certificate.ts';
import { certificatesRoutes } from './pages/certificates.ts';
import { configurationRoutes } from './pages/configuration.ts';
import { enrolmentsRoutes } from './pages/enrolments.ts';
import { overviewRoutes } from './pages/overview.ts';
import { signInRoutes } from './pages/sign-in.ts';
import { subscriberRoutes } from './pages/subscriber.ts';
import { subscribersRoutes } from './pages/subscribers.ts';

/** Every method and path that the pages answer. */
export const allRoutes = (context: AdminContext): readonly Route[] =>
  [
    signInRoutes,
    overviewRoutes,
    subscribersRoutes,
    subscriberRoutes,
    enrolmentsRoutes,
    certificatesRoutes,
    certificateRoutes,
    auditRoutes,
    configurationRoutes,
    backupsRoutes,
    administratorsRoutes,
    accountRoutes,
  ].flatMap((routes) => routes(context));
