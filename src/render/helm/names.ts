import type { JsonPath } from "../environments/common.js";
import type { ObjectVariants } from "../environments/variants.js";
import { elementName, knobName } from "./knobs.js";

/** Where a value is in the values of the chart. */
export type ValueName = readonly string[];

/** Top-level values of the chart itself. `global` is reserved by Helm. */
const RESERVED = ["environment", "image", "namespace", "global"];

/** The names of a chart's values. Each is given once; what would have the same name gets a number. */
export class ValueNames {
  /** Every name, and every map that contains one. */
  readonly #used = new Map<string, "value" | "map">(RESERVED.map((name) => [name, "value"]));

  /** The name of a hole in an object. */
  ofHole(object: ObjectVariants, path: JsonPath): ValueName {
    const parts = path.map((part, index) =>
      typeof part === "number" ? elementName(object, path.slice(0, index + 1)) : part,
    );
    return this.#unused([...elementOf(object), ...(knobName(object, path) ?? [fileOf(object), ...parts])]);
  }

  /** The name of the value that says whether an environment has an object. */
  ofPresence(object: ObjectVariants): ValueName {
    const file = fileOf(object);
    return this.#unused([...elementOf(object), PRESENCE[file] ?? file, "enabled"]);
  }

  /** The name of the value that says whether an environment has an element of the platform. */
  ofElement(object: ObjectVariants): ValueName {
    return this.#unused([...elementOf(object), "enabled"]);
  }

  /** A value cannot be a map as well: a number follows the part of the name that is taken. */
  #unused(parts: readonly string[]): ValueName {
    const name = parts.map(camelCase);
    for (let number = 2; ; number += 1) {
      const taken = this.#takenAt(name);
      if (taken === undefined) break;
      name[taken] = `${camelCase(parts[taken] ?? "")}${number}`;
    }
    for (let length = 1; length < name.length; length += 1) this.#used.set(name.slice(0, length).join("."), "map");
    this.#used.set(name.join("."), "value");
    return name;
  }

  #takenAt(name: ValueName): number | undefined {
    const last = name.length - 1;
    const at = name.findIndex((_, index) => {
      const use = this.#used.get(name.slice(0, index + 1).join("."));
      return index === last ? use !== undefined : use === "value";
    });
    return at < 0 ? undefined : at;
  }
}

const PRESENCE: Readonly<Record<string, string>> = { "horizontal-pod-autoscaler": "autoscaling" };

/** The element of the platform that an object belongs to. An element with the name of a value of the chart gets a suffix. */
function elementOf({ file }: ObjectVariants): readonly string[] {
  const [element = "", ...rest] = file.split("/");
  if (rest.length === 0) return ["platform"];
  return [RESERVED.includes(element) ? `${element}-element` : element];
}

/** The name of the object's file, without the number that only sorts it. */
function fileOf({ file }: ObjectVariants): string {
  return (file.split("/").at(-1) ?? file).replace(/^[0-9]+-/, "");
}

/**
 * A name that can follow a dot in a template. Names that differ stay different as long as they consist of lower-case letters,
 * digits and single dashes: `a-1` and `a1` become `a_1` and `a1`.
 */
export function camelCase(name: string): string {
  const joined = name
    .replaceAll(/[^A-Za-z0-9]+([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replaceAll(/[^A-Za-z0-9]+/g, "_");
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}
