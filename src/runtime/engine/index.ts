import { INTERNAL_TOKEN } from "../../contracts/authority.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import type { Model } from "../../plan/plan.js";
import { engineWatch } from "../../promises/facts/supervisor.js";
import type { Context, Running } from "../kernel/module.js";
import { startInSteps } from "../kernel/start-steps.js";
import type { Engine } from "./client.js";
import { PodProxy } from "./pod.js";
import { ServedModel } from "./served-model.js";
import { EngineSockets } from "./sockets.js";

export { enginesOfPlan } from "./remote.js";

/** Serves the plan's models by child processes and external servers; only `context.model` if it is set. */
export function startEngine(context: Context): Promise<Running<Engine>> {
  return startInSteps(context.log, (undo) => start(context, undo));
}

async function start(context: Context, undo: UndoStack): Promise<{ readonly client: Engine }> {
  const listeners = new Set<() => void>();
  const models = modelsOfProcess(context);
  const onlyModel = context.model === undefined ? undefined : models[0];
  const served: ServedModel[] = [];
  const proxy = new PodProxy(() => served[0]?.targets[0]);
  undo.defer("close the proxy", () => proxy.close());

  const changed = (): void => {
    for (const listener of listeners) listener();
    report(context, models, served, onlyModel !== undefined);
  };
  const sockets = await undo.step(
    "open the directory of the engines' sockets",
    () => EngineSockets.open(context.dataDirectory),
    (opened) => opened.close(),
  );
  served.push(
    ...models.map(
      (model) =>
        new ServedModel(model, engineWatch(context.plan, model), sockets, context.secrets, context.log, changed),
    ),
  );
  // Before they start: if one fails, the others may have started processes.
  undo.defer("stop the models", () => Promise.all(served.map((model) => model.stop())));
  await Promise.all(served.map((model) => model.start()));
  if (onlyModel !== undefined) context.route("/v1", INTERNAL_TOKEN, proxy.handle);
  report(context, models, served, onlyModel !== undefined);

  return {
    client: {
      targets: () => served.flatMap(({ targets }) => targets),
      reason: (model) => served[models.findIndex(({ name }) => name === model)]?.reason,
      failure: (model) => served[models.findIndex(({ name }) => name === model)]?.failure,
      watch(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

function modelsOfProcess({ plan, model: named }: Context): readonly Model[] {
  if (named === undefined) return plan.models;
  const model = plan.models.find(({ name }) => name === named);
  if (model !== undefined) return [model];
  throw new KeelsonError("engine/unknown-model", `the plan has no model ${named}`, {
    hint: `models: ${plan.models.map(({ name }) => name).join(", ")}`,
  });
}

/** A process for a single model is not ready without it; a process with more modules is degraded. */
function report(context: Context, models: readonly Model[], served: readonly ServedModel[], alone: boolean): void {
  const missing = served.flatMap((model, index) =>
    model.targets.length === 0 ? [`${models[index]?.name}: ${model.reason}`] : [],
  );
  if (missing.length === 0) context.report("ready");
  else context.report(alone ? "starting" : "degraded", missing.join("; "));
}
