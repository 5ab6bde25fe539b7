import type { Segment } from "../path.js";

/** Maximum number of unknown keys of one mapping that are reported individually. */
export const MAX_UNKNOWN_KEYS = 100;

/** Hints for keys of other systems, or of another place in the file. */
export const MOVED: ReadonlyMap<string, (path: readonly Segment[]) => string | undefined> = new Map<
  string,
  (path: readonly Segment[]) => string | undefined
>([
  ["replicas", (path) => (path.at(-1) === "scale" ? "write `replicas: 1..10` beside `scale`, not in it" : undefined)],
  ["environment", (path) => (path.length === 0 ? "did you mean `environments`?" : "did you mean `env`?")],
  ["resources", () => "write `cpu: 500m..1` and `memory: 1Gi..2Gi` here"],
  ["limits", () => "write request and limit in one: `cpu: 500m..1`"],
  ["ingress", () => "did you mean `entrance`?"],
  ["databases", () => "did you mean `stores`?"],
]);

/** Hints for required keys. */
export const MISSING: ReadonlyMap<string, string> = new Map([
  ["platform", "name the platform: `platform: NAME`"],
  ["keys", "name the files of the secret: `keys: [api-key]`"],
  ["count", "set the number of nodes: `count: 3` or `count: 3..10`"],
]);

/** Words that YAML 1.1 reads as true and false; YAML 1.2 reads them as text. */
export const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["yes", true],
  ["on", true],
  ["y", true],
  ["no", false],
  ["off", false],
  ["n", false],
]);

/** Values of other systems and their equivalents here, by key. */
export const SYNONYMS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    "provide",
    new Map([
      ["kubernetes", "in-cluster"],
      ["k8s", "in-cluster"],
      ["operator", "in-cluster"],
      ["cloud", "managed"],
      ["rds", "managed"],
      ["local", "embedded"],
    ]),
  ],
]);

const CONTAINERS_HERE =
  "containers on one machine: `provide: in-cluster`, and `keelson render -t compose` writes their files";

/** Hints for values whose equivalent here is more than one word, by key. */
export const EQUIVALENTS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    "provide",
    new Map([
      ["docker", CONTAINERS_HERE],
      ["compose", CONTAINERS_HERE],
      ["docker-compose", CONTAINERS_HERE],
      ["podman", CONTAINERS_HERE],
    ]),
  ],
]);
