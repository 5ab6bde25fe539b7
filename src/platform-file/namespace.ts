import type { Diagnostic } from "./diagnostic.js";
import { child, type Mapping, type Place, type SourceMap, type Tree } from "./tree.js";

/** A namespace is a DNS label (RFC 1123), and so is the label that every object has of it. */
const MAX_NAMESPACE_LENGTH = 63;

/** The default namespace is composed of two names, each of which may be valid while the namespace is too long. */
export function namespaceLength(root: Mapping, environment: string, key: Place, source: SourceMap): Diagnostic[] {
  const environments = root.entries.get("environments")?.value;
  const overrides = environments && child(environments, environment);
  const declared = (overrides && child(overrides, "namespace")) ?? child(root, "namespace");
  const composed = `${text(child(root, "platform"))}-${environment}`;
  if (text(declared) !== undefined || composed.length <= MAX_NAMESPACE_LENGTH) return [];
  return [
    {
      code: "spec/name",
      severity: "error",
      message: `the namespace \`${composed}\` has ${composed.length} characters; Kubernetes allows ${MAX_NAMESPACE_LENGTH}`,
      origin: source.origin(key),
      path: `environments.${environment}`,
      length: environment.length,
      hint: "shorten the name of the platform or of the environment, or set `namespace`",
    },
  ];
}

function text(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && typeof tree.value === "string" ? tree.value : undefined;
}
