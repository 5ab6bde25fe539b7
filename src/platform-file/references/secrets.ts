import { type ReferenceContext, type ReferenceProblem, type SettingPath, unknownReference } from "./context.js";

/** `secrets` of a workload or sidecar names declared secrets. */
export function* checkMountedSecrets(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const { at, workload } of context.workloads) {
    yield* mounted(context, at, workload.secrets);
    const sidecars = "sidecars" in workload ? (workload.sidecars ?? {}) : {};
    for (const [sidecar, { secrets }] of Object.entries(sidecars))
      yield* mounted(context, [...at, "sidecars", sidecar], secrets);
  }
}

function* mounted(
  context: ReferenceContext,
  at: SettingPath,
  secrets: readonly string[] = [],
): Iterable<ReferenceProblem> {
  for (const [index, secret] of secrets.entries())
    if (!context.settings.secrets?.[secret]) yield unknownSecret(context, [...at, "secrets", index], secret);
}

/** `key: SECRET/KEY` of an upstream names a secret and one of its keys. */
export function* checkUpstreamKeys(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const [name, { upstreams }] of context.models) {
    if (typeof upstreams !== "object") continue;
    for (const [index, upstream] of upstreams.entries()) {
      if (upstream.key === undefined) continue;
      const [secret = "", key = ""] = upstream.key.split("/");
      const path: SettingPath = ["models", name, "upstreams", index, "key"];
      const declared = context.settings.secrets?.[secret];
      if (!declared) yield unknownSecret(context, path, secret);
      else if (!declared.keys.includes(key))
        yield {
          path,
          code: "spec/unknown-reference",
          message: `secret \`${secret}\` has no key \`${key}\``,
          candidates: { name: key, known: declared.keys },
        };
    }
  }
}

function unknownSecret(context: ReferenceContext, path: SettingPath, name: string): ReferenceProblem {
  const known = Object.keys(context.settings.secrets ?? {});
  return unknownReference(context, path, { kind: "secret", name, known, groups: ["secrets"] });
}
