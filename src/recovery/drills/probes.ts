import { descriptorsOf, ENTRY_MODULE } from "../../modules/index.js";
import type { Plan, Unit } from "../../plan/plan.js";

/** A request that succeeds only if its element works. */
export interface Probe {
  /** The plan's element that it measures. */
  readonly subject: string;
  /** The unit whose address receives it. */
  readonly unit: string;
  readonly path: string;
  readonly as: "client" | "operator";
  readonly accept: string;
  /** Sent as JSON with POST; undefined: GET. */
  readonly body: object | undefined;
}

/**
 * A probe for each element that serves requests and that chat requests to `model` do not reach. An element without
 * requests has no measurement: that its process runs again proves nothing.
 */
export function probesOf(plan: Plan, model: string): Probe[] {
  const gateway = plan.units.find(({ modules }) => modules.includes(ENTRY_MODULE));
  const modules = plan.units.flatMap((unit) => (unit === gateway ? [] : moduleProbe(unit)));
  const models = plan.models.flatMap(({ name, unit, embeddings }): Probe[] => {
    if (gateway === undefined || name === model) return [];
    const [path, body] = embeddings
      ? ["/v1/embeddings", { model: name, input: "drill" }]
      : ["/v1/chat/completions", { model: name, max_tokens: 1, messages: [{ role: "user", content: "drill" }] }];
    return [{ subject: unit ?? name, unit: gateway.name, path, as: "client", accept: "application/json", body }];
  });
  return [...modules, ...models];
}

function moduleProbe(unit: Unit): Probe[] {
  const probe = descriptorsOf(unit.modules).find((module) => module.probe !== undefined)?.probe;
  return probe ? [{ subject: unit.name, unit: unit.name, body: undefined, ...probe }] : [];
}
