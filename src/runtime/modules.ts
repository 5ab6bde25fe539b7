import { DESCRIPTORS, type ModuleName } from "../modules/index.js";
import { accountsOverHttp, startAccounts } from "./accounts/index.js";
import { startDashboard } from "./dashboard/index.js";
import { startDatabase } from "./database/index.js";
import { enginesOfPlan, startEngine } from "./engine/index.js";
import { gatewayOverHttp, startGateway } from "./gateway/index.js";
import { defineModules } from "./kernel/define.js";
import { startUsage, usageOverHttp } from "./usage/index.js";

/** The start of every module, and its client over HTTP. All other facts of a module are in its descriptor. */
export const modules = defineModules({
  database: { needs: DESCRIPTORS.database.needs, start: startDatabase },
  accounts: { needs: DESCRIPTORS.accounts.needs, start: startAccounts, remote: accountsOverHttp },
  usage: { needs: DESCRIPTORS.usage.needs, start: startUsage, remote: usageOverHttp },
  engine: { needs: DESCRIPTORS.engine.needs, start: startEngine, remotePerModel: enginesOfPlan },
  gateway: { needs: DESCRIPTORS.gateway.needs, start: startGateway, remote: gatewayOverHttp },
  dashboard: { needs: DESCRIPTORS.dashboard.needs, start: startDashboard },
} satisfies Record<ModuleName, unknown>);
