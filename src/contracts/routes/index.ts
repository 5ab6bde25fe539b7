import type { Route } from "../route.js";
import {
  accountsInternalRoutes,
  auditRoutes,
  keyRoutes,
  organisationRoutes,
  sessionRoutes,
  userRoutes,
} from "./accounts.js";
import { backupRoutes, designRoutes, drillRoutes, overviewRoutes } from "./dashboard.js";
import { gatewayInternalRoutes, modelRoutes } from "./gateway.js";
import { DASHBOARD_ROUTES, GATEWAY_ROUTES, KERNEL_ROUTES, type RawRoute } from "./listener.js";
import { usageInternalRoutes, usageRoutes } from "./usage.js";

/** The routes of the admin API and between modules. The runtime serves no other: `serve` rejects a table that is not listed. */
export const TYPED_ROUTES: readonly Route[] = [
  sessionRoutes,
  organisationRoutes,
  userRoutes,
  keyRoutes,
  auditRoutes,
  usageRoutes,
  modelRoutes,
  overviewRoutes,
  designRoutes,
  drillRoutes,
  backupRoutes,
  accountsInternalRoutes,
  usageInternalRoutes,
  gatewayInternalRoutes,
].flatMap((table): readonly Route[] => Object.values(table));

/** Every route that the listener of a whole platform serves, with its authority. */
export const ALL_ROUTES: readonly (Route | RawRoute)[] = [
  ...KERNEL_ROUTES,
  ...DASHBOARD_ROUTES,
  ...GATEWAY_ROUTES,
  ...TYPED_ROUTES,
];
