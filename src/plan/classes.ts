import type { ModelInput, SizeClassInput, standardClasses } from "../platform-file/schema/models.js";
import type { Settings } from "../platform-file/schema/platform.js";
import { GiB } from "./sizes.js";

const BILLION = 1e9;

/** The size classes of a file that declares none. They assume about one byte per parameter, and memory for the context. */
const STANDARD: Readonly<Record<(typeof standardClasses)[number], SizeClassInput>> = {
  tiny: {
    parameters: { min: 0, max: BILLION },
    cpu: { min: 1000, max: 2000 },
    memory: { min: GiB, max: 2 * GiB },
    gpu: "none",
    disk: { min: 2 * GiB, max: 4 * GiB },
  },
  small: {
    parameters: { min: BILLION, max: 7 * BILLION },
    cpu: { min: 2000, max: 4000 },
    memory: { min: 8 * GiB, max: 16 * GiB },
    gpu: "optional",
    disk: { min: 10 * GiB, max: 20 * GiB },
  },
  medium: {
    parameters: { min: 7 * BILLION, max: 13 * BILLION },
    cpu: { min: 4000, max: 8000 },
    memory: { min: 16 * GiB, max: 32 * GiB },
    gpu: "required",
    disk: { min: 20 * GiB, max: 40 * GiB },
  },
  large: {
    parameters: { min: 13 * BILLION, max: Number.MAX_SAFE_INTEGER },
    cpu: { min: 8000, max: 16_000 },
    memory: { min: 32 * GiB, max: 64 * GiB },
    gpu: "required",
    disk: { min: 40 * GiB, max: 80 * GiB },
  },
};

/** A size class and the reason why it was selected. */
export interface FoundClass {
  readonly name: string;
  readonly size: SizeClassInput;
  readonly why: string;
}

/** The class that a model declares, otherwise the class of its number of parameters, otherwise the smallest. */
export function sizeClassOf(settings: Settings, model: ModelInput): FoundClass {
  const table: Readonly<Record<string, SizeClassInput>> = settings.classes ?? STANDARD;
  const all: Readonly<Record<string, SizeClassInput>> = { ...STANDARD, ...settings.classes };
  const named = model.class === undefined ? undefined : all[model.class];
  if (named && model.class !== undefined)
    return { name: model.class, size: named, why: `size class \`${model.class}\`` };
  const rows = Object.entries(table).sort(([, a], [, b]) => a.parameters.min - b.parameters.min);
  const weights = model.parameters ?? 0;
  // A size on the boundary of two classes (7B is small and medium) is in the smaller one.
  const fitting = rows.find(([, { parameters }]) => weights >= parameters.min && weights <= parameters.max);
  const [name, size] = fitting ?? (weights > 0 ? rows.at(-1) : rows[0]) ?? ["tiny", STANDARD.tiny];
  const why =
    model.parameters === undefined ? `no \`parameters\` are set, so size class \`${name}\`` : `size class \`${name}\``;
  return { name, size, why };
}
