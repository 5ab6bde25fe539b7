import { isJsonMap, type JsonMap } from "../environments/json.js";
import { jsonPatch, type Operation } from "./patch.js";

/** An object of the base, and what the environment needs it to be. */
export interface Change {
  readonly file: string;
  readonly base: JsonMap;
  readonly wanted: JsonMap;
}

/** Which objects a patch changes: the fields of a target in a kustomization. */
export type Selector = Readonly<Record<string, string>>;

export interface Patch {
  readonly target: Selector;
  readonly operations: readonly Operation[];
  /** The file of the one object that it changes; undefined for a patch of several. */
  readonly file: string | undefined;
}

/**
 * The patches that turn the objects of the base into those of an environment. An operation that several objects need, such as
 * their namespace, is one patch for all of them, if a selector finds exactly these among the objects of the overlay. Patches of one object come first:
 * those of several change the labels and the namespace by which objects are selected.
 */
export function overlayPatches(changes: readonly Change[], others: readonly JsonMap[]): readonly Patch[] {
  const needed = changes.map(({ base, wanted }) => jsonPatch(base, wanted));
  const holders = new Map<string, { readonly operation: Operation; readonly objects: Set<number> }>();
  needed.forEach((operations, index) => {
    for (const operation of operations) {
      const key = JSON.stringify(operation);
      const holder = holders.get(key) ?? { operation, objects: new Set() };
      holder.objects.add(index);
      holders.set(key, holder);
    }
  });
  const selection = new Selection(changes, others);
  const common = new Map<string, { readonly selector: Selector; readonly operations: Operation[] }>();
  const shared = new Set<string>();
  for (const [key, { operation, objects }] of holders) {
    const selector = objects.size < 2 ? undefined : selection.ofExactly(objects);
    if (selector === undefined) continue;
    const group = common.get(JSON.stringify(selector)) ?? { selector, operations: [] };
    group.operations.push(operation);
    common.set(JSON.stringify(selector), group);
    shared.add(key);
  }
  const single = changes.flatMap(({ file, base }, index): readonly Patch[] => {
    const operations = (needed[index] ?? []).filter((operation) => !shared.has(JSON.stringify(operation)));
    return operations.length === 0 ? [] : [{ target: targetOf(base), operations, file }];
  });
  const several = [...common.values()]
    .sort((left, right) => precedence(left.selector) - precedence(right.selector))
    .map(({ selector, operations }): Patch => ({ target: selector, operations, file: undefined }));
  return [...single, ...several];
}

/** A selector by more fields comes first, and the one by the namespace last. */
function precedence(selector: Selector): number {
  return "namespace" in selector ? 3 : 3 - Object.keys(selector).length;
}

/** Finds objects of an overlay by selectors. */
class Selection {
  readonly #candidates = new Map<string, { readonly selector: Selector; readonly objects: Set<number> }>();
  /** Selectors that also find objects which are no part of the base. */
  readonly #unusable = new Set<string>();

  constructor(changes: readonly Change[], others: readonly JsonMap[]) {
    changes.forEach(({ base }, index) => {
      for (const selector of selectorsOf(base)) {
        const key = JSON.stringify(selector);
        const candidate = this.#candidates.get(key) ?? { selector, objects: new Set() };
        candidate.objects.add(index);
        this.#candidates.set(key, candidate);
      }
    });
    for (const object of others)
      for (const selector of selectorsOf(object)) this.#unusable.add(JSON.stringify(selector));
  }

  ofExactly(objects: ReadonlySet<number>): Selector | undefined {
    const [first] = objects;
    for (const [key, candidate] of this.#candidates)
      if (
        !this.#unusable.has(key) &&
        candidate.objects.size === objects.size &&
        (first === undefined || candidate.objects.has(first)) &&
        [...objects].every((object) => candidate.objects.has(object))
      )
        return candidate.selector;
    return undefined;
  }
}

/** Every selector that finds an object: its namespace, each of its labels, its kind, and its kind with each of its labels. */
function selectorsOf(object: JsonMap): readonly Selector[] {
  const metadata = isJsonMap(object["metadata"]) ? object["metadata"] : {};
  const labels = Object.entries(isJsonMap(metadata["labels"]) ? metadata["labels"] : {}).map(
    ([name, value]) => `${name}=${String(value)}`,
  );
  const kind = String(object["kind"]);
  return [
    ...(typeof metadata["namespace"] === "string" ? [{ namespace: metadata["namespace"] }] : []),
    ...labels.map((labelSelector) => ({ labelSelector })),
    { kind },
    ...labels.map((labelSelector) => ({ kind, labelSelector })),
  ];
}

function targetOf(object: JsonMap): Selector {
  const [first = "", second] = String(object["apiVersion"]).split("/");
  const metadata = isJsonMap(object["metadata"]) ? object["metadata"] : {};
  return {
    ...(second !== undefined && { group: first }),
    version: second ?? first,
    kind: String(object["kind"]),
    // A regular expression (kustomize, "patches"): a dot in a name is escaped.
    name: String(metadata["name"]).replaceAll(".", "\\."),
  };
}
