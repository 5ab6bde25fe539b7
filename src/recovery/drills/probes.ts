import type { Plan, Unit } from "../../plan/plan.js";

/** A request that only a working element answers with success. */
export interface Probe {
  /** The plan's element that it asks. */
  readonly subject: string;
  /** The unit whose address it goes to. */
  readonly unit: string;
  readonly path: string;
  readonly as: "client" | "operator";
  readonly accept: string;
  /** Sent as JSON by POST; absent: GET. */
  readonly body: object | undefined;
}

/** What a module's own answer looks like, by module. The gateway is asked by every chat. */
const MODULE_PROBES: Readonly<Record<string, Pick<Probe, "path" | "as" | "accept">>> = {
  accounts: { path: "/admin/keys", as: "operator", accept: "application/json" },
  usage: { path: "/admin/usage", as: "operator", accept: "application/json" },
  dashboard: { path: "/", as: "client", accept: "text/html" },
};

/**
 * A probe for each element that answers requests and that the drill's chats with `model` do not ask. An element that
 * nobody asks has no figure: that its process runs again is no measurement.
 */
export function probesOf(plan: Plan, model: string): Probe[] {
  const gateway = plan.units.find(({ modules }) => modules.includes("gateway"));
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
  const known = unit.modules.map((module) => MODULE_PROBES[module]).find((probe) => probe !== undefined);
  return known ? [{ subject: unit.name, unit: unit.name, body: undefined, ...known }] : [];
}
