import { readFileSync } from "node:fs";
import { makePlan, type Plan } from "../../../src/plan/index.js";
import { formatDiagnostics, type Platform, readPlatform } from "../../../src/platform-file/index.js";

/** Reads a platform that must be right. */
export function platformOf(text: string, file = "platform.yaml"): Platform {
  const parsed = readPlatform({ file, text });
  if (!parsed.ok) throw new Error(formatDiagnostics(parsed.diagnostics, text));
  return parsed.platform;
}

/** The Plan of a text that must be right. */
export function planOf(text: string, environment?: string): Plan {
  const planned = makePlan(platformOf(text), environment);
  if (!planned.ok) throw new Error(formatDiagnostics(planned.diagnostics, text));
  return planned.plan;
}

/** The text of a blueprint. */
export function blueprint(name: string): string {
  return readFileSync(new URL(`../../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8");
}

/** An element by its name. */
export function named<T extends { readonly name: string }>(elements: readonly T[], name: string): T {
  const found = elements.find((element) => element.name === name);
  if (!found) throw new Error(`there is no ${name}; there are ${elements.map((element) => element.name).join(", ")}`);
  return found;
}
