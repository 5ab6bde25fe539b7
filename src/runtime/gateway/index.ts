import { join } from "node:path";
import { INFERENCE_KEY, PER_ROUTE } from "../../contracts/authority.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import { orphanTimeoutMs } from "../../promises/facts/supervisor.js";
import type { Accounts } from "../accounts/client.js";
import type { Engine } from "../engine/client.js";
import type { Context, Running } from "../kernel/module.js";
import { startInSteps } from "../kernel/start-steps.js";
import type { Usage } from "../usage/client.js";
import { mountModels } from "./admin-app.js";
import { ApiServer } from "./api-server.js";
import type { Gateway } from "./client.js";
import { Keys } from "./keys.js";
import { GatewayMetrics } from "./metrics.js";
import { ollamaOperations } from "./ollama/api.js";
import { openAiOperations } from "./openai-api.js";
import { Refusals } from "./refusals.js";
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

/** Starts the OpenAI and Ollama APIs over the plan's models. Every response is counted. */
export function startGateway(context: Context, needs: GatewayNeeds): Promise<Running<Gateway>> {
  return startInSteps(context.log, (undo) => start(context, needs, undo));
}

/** The releases run in reverse: the APIs and routes first, then the last usage is published, and the journal is closed last. */
async function start(context: Context, needs: GatewayNeeds, undo: UndoStack): Promise<{ readonly client: Gateway }> {
  const { plan, log, metrics: registry } = context;
  // A process that has lost its supervisor writes to the journal until its last response is complete.
  const ownerTimeoutMs = orphanTimeoutMs(plan, context.unit);
  const journal = await undo.step(
    "open the usage journal",
    () => Journal.open(join(context.dataDirectory, "gateway", "usage"), log, ownerTimeoutMs),
    (opened) => opened.close(),
  );
  await undo.step(
    "publish usage",
    () =>
      new Publisher(journal, needs.usage, log, (failing) => {
        if (failing === undefined) context.report("ready");
        else context.report("degraded", `the ledger does not accept usage events: ${failing}`);
      }),
    (publisher, signal) => publisher.stop(signal),
  );
  undo.defer("close the current file of the usage journal", () => journal.rotate());
  const keys = await undo.step(
    "watch the changes of keys",
    () => new Keys(needs.accounts, log),
    (watching) => watching.close(),
  );
  const router = await undo.step(
    "route requests to engines",
    () => new Router(plan.models, needs.engine),
    (routing) => routing.close(),
  );
  const board = await undo.step(
    "observe the models",
    () => new StatusBoard(router, needs.engine),
    (observing) => observing.close(),
  );
  const metrics = new GatewayMetrics(registry);
  const bodies = await undo.step(
    "read request bodies",
    () => new Bodies(),
    (reading) => reading.close(),
  );
  metrics.watch(registry, router, journal, keys, () => bodies.held);
  const refusals = new Refusals(journal, metrics, log);
  const shared = { journal, metrics, bodies, refusals, tracer: context.tracer, log };

  const openAi = new ApiServer("openai", shared, router, keys, openAiOperations(router, Date.now()));
  const ollama = new ApiServer("ollama", shared, router, keys, ollamaOperations(router));
  context.route("/v1", INFERENCE_KEY, openAi.handle);
  context.route("/api", PER_ROUTE, ollama.handle);
  await mountModels(context, needs.accounts, board, undo);
  return { client: { models: async () => board.models() } };
}
