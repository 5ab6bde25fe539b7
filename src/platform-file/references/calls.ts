import { readOutside } from "../outside.js";
import {
  type ReferenceContext,
  type ReferenceProblem,
  type SettingPath,
  unknownReference,
  type Workload,
} from "./context.js";
import { unknownPort } from "./ports.js";

/** `calls` names a service, model or store that accepts calls, or an address outside the platform. */
export function* checkCalls(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const { at, name, workload } of context.workloads)
    for (const [index, call] of (workload.calls ?? []).entries()) {
      const problem = problemOf(context, [...at, "calls", index], name, call);
      if (problem) yield problem;
    }
}

function problemOf(
  context: ReferenceContext,
  path: SettingPath,
  from: string,
  call: NonNullable<Workload["calls"]>[number],
): ReferenceProblem | undefined {
  const to = typeof call === "string" ? call : call.to;
  const where: SettingPath = typeof call === "string" ? path : [...path, "to"];
  const conflict = (message: string, hint?: string): ReferenceProblem => ({
    path: where,
    code: "spec/conflict",
    message,
    hint,
  });
  if (to === from)
    return { path: where, code: "spec/self-call", message: `\`${from}\` calls itself`, hint: "remove it" };
  const host = context.hostOf.get(to);
  if (host !== undefined && host !== from)
    return conflict(`\`${to}\` runs beside \`${host}\` and has no address of its own`, `call \`${host}\``);
  if (!context.callable.has(to)) {
    if (readOutside(to)) return undefined;
    const groups = ["services", "models", "stores"] as const;
    return unknownReference(context, where, {
      kind: "service, model or store",
      name: to,
      known: context.callable,
      groups,
    });
  }
  const service = context.services.get(to);
  if (service?.role === "worker") return conflict(`\`${to}\` is a worker, and a worker accepts no calls`);
  if (service && !service.modules && service.port === undefined && !service.ports)
    return conflict(`\`${to}\` has no port to call`, "write `port: 8080` there");
  const called = service ?? context.models.get(to);
  if (typeof call !== "object" || typeof call.port !== "string" || !called) return undefined;
  return unknownPort([...path, "port"], call.port, called);
}
