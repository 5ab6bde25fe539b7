import { join } from "node:path";
import { INFERENCE_KEY, PER_ROUTE } from "../../contracts/authority.js";
import { orphanTimeoutMs } from "../../promises/facts/supervisor.js";
import type { Accounts } from "../accounts/client.js";
import type { Engine } from "../engine/client.js";
import type { Context, Running } from "../kernel/module.js";
import type { Usage } from "../usage/client.js";
import { mountModels } from "./admin-app.js";
import { ApiServer } from "./api-server.js";
import type { Gateway } from "./client.js";
import { Keys } from "./keys.js";
import { GatewayMetrics } from "./metrics.js";
import { ollamaModelName, ollamaOperations } from "./ollama/api.js";
import { openAiOperations } from "./openai-api.js";
import { Bodies } from "./request/body.js";
import { Router } from "./routing/router.js";
import { StatusBoard } from "./status.js";
import { Journal } from "./usage/journal.js";
import { Publisher } from "./usage/publisher.js";

export { gatewayOverHttp } from "./http-client.js";

export interface GatewayNeeds {
  readonly accounts: Accounts;
  readonly usage: Usage;
  readonly engine: Engine;
}

/** Starts the OpenAI and Ollama APIs for the plan's models. Every response is counted. */
export async function startGateway(context: Context, needs: GatewayNeeds): Promise<Running<Gateway>> {
  const { plan, log, metrics: registry } = context;
  // A process that has lost its supervisor writes to the journal until its last response is complete.
  const ownerTimeoutMs = orphanTimeoutMs(plan, context.unit);
  const journal = await Journal.open(join(context.dataDirectory, "gateway", "usage"), log, ownerTimeoutMs);
  const publisher = new Publisher(journal, needs.usage, log, (failing) => {
    if (failing === undefined) context.report("ready");
    else context.report("degraded", `the ledger does not accept usage events: ${failing}`);
  });
  const keys = new Keys(needs.accounts);
  const router = new Router(plan.models, needs.engine);
  const board = new StatusBoard(router, needs.engine);
  const metrics = new GatewayMetrics(registry);
  const bodies = new Bodies();
  metrics.watch(registry, router, journal, keys, () => bodies.held);
  const shared = { journal, metrics, bodies, tracer: context.tracer, log };

  const openAi = new ApiServer("openai", shared, router, keys, openAiOperations(router, Date.now()), (name) => name);
  const ollama = new ApiServer("ollama", shared, router, keys, ollamaOperations(router), (name) =>
    ollamaModelName(router, name),
  );
  context.route("/v1", INFERENCE_KEY, openAi.handle);
  context.route("/api", PER_ROUTE, ollama.handle);
  const apps = await mountModels(context, needs.accounts, board);

  return {
    client: { models: async () => board.models() },
    async stop(signal) {
      await Promise.all(apps.map((app) => app.close()));
      router.close();
      board.close();
      keys.close();
      await journal.rotate();
      await publisher.stop(signal);
      await journal.close();
    },
  };
}
