import { accountsOverHttp, startAccounts } from "./accounts/index.js";
import { startDashboard } from "./dashboard/index.js";
import { startDatabase } from "./database/index.js";
import { enginesOfPlan, startEngine } from "./engine/index.js";
import { gatewayOverHttp, startGateway } from "./gateway/index.js";
import { defineModules } from "./kernel/define.js";
import { startUsage, usageOverHttp } from "./usage/index.js";

/** Every module of the platform, what it needs, and how it starts: the whole runtime at a glance. */
export const modules = defineModules({
  database: { needs: [], start: startDatabase },
  accounts: { needs: ["database"], start: startAccounts, remote: accountsOverHttp },
  usage: { needs: ["database", "accounts"], start: startUsage, remote: usageOverHttp },
  engine: { needs: [], start: startEngine, remotePerModel: enginesOfPlan },
  gateway: { needs: ["accounts", "usage", "engine"], start: startGateway, remote: gatewayOverHttp },
  dashboard: { needs: ["accounts", "usage", "gateway"], start: startDashboard },
});
