import { z } from "zod";
import {
  BYTES_PATTERN,
  CPU_PATTERN,
  DURATION_PATTERN,
  PARAMETERS_PATTERN,
  RATE_PATTERN,
  RATIO_PATTERN,
  type Range,
  type Reading,
  readBytes,
  readCount,
  readCpu,
  readDuration,
  readParameters,
  readRange,
  readRate,
  readRatio,
} from "../format.js";
import { readSchedule, SCHEDULE_PATTERN, type Schedule } from "../schedule.js";

/** The JSON Schema of a quantity: text in the file, a number in the code. */
interface JsonForm {
  readonly type: "string" | readonly ["string", "number"] | readonly ["string", "integer"];
  readonly pattern: string;
  readonly examples: readonly (string | number)[];
}

/**
 * A schema that parses the text of a quantity into a number. `Input` is its type in `definePlatform()` only; at run time
 * `read` checks every input, so that the message can name the unit.
 */
function quantity<Input extends string | number, Output>(read: (input: unknown) => Reading<Output>, form: JsonForm) {
  return z
    .custom<Input>()
    .transform((input, context): Output => {
      const reading = read(input);
      if (reading.ok) return reading.value;
      context.issues.push({
        code: "custom",
        message: reading.message,
        params: { code: "spec/unit", hint: reading.hint },
        input,
      });
      return z.NEVER;
    })
    .meta({ ...form });
}

const inner = (pattern: string): string => pattern.replace("|^0$", "").replace(/^\^/, "").replace(/\$$/, "");
const rangeOf = (pattern: string): string => `^(${inner(pattern)})(\\.\\.(${inner(pattern)}))?$`;

type DurationUnit = "ms" | "s" | "m" | "h" | "d" | "w";

/** `5m` → milliseconds. */
export const duration = quantity<`${number}${DurationUnit}` | `${number}${DurationUnit}${string}` | 0, number>(
  readDuration,
  { type: "string", pattern: DURATION_PATTERN, examples: ["30s", "5m", "24h", "7d"] },
);

/** `99.9%` → 0.999. */
export const ratio = quantity<`${number}%`, number>(readRatio, {
  type: "string",
  pattern: RATIO_PATTERN,
  examples: ["70%", "99.9%"],
});

/** `20Gi` → bytes. */
export const bytes = quantity<string, number>(readBytes, {
  type: "string",
  pattern: BYTES_PATTERN,
  examples: ["512Mi", "20Gi"],
});

/** `2..10` or `3` → minimum and maximum. */
export const counts = quantity<number | `${number}..${number}`, Range>((input) => readRange(input, readCount), {
  type: ["string", "integer"],
  pattern: "^\\d+(\\.\\.\\d+)?$",
  examples: [2, "2..10"],
});

/** `500m..1` or `2` → request and limit in millicores. */
export const cpuRange = quantity<number | string, Range>((input) => readRange(input, readCpu), {
  type: ["string", "number"],
  pattern: rangeOf(CPU_PATTERN),
  examples: ["500m..1", 2],
});

/** `1Gi..2Gi` or `512Mi` → request and limit in bytes. */
export const byteRange = quantity<string, Range>((input) => readRange(input, readBytes), {
  type: "string",
  pattern: rangeOf(BYTES_PATTERN),
  examples: ["1Gi..2Gi", "512Mi"],
});

/** `2/s` or `2/s..10/s` → minimum and maximum per second. */
export const rates = quantity<`${number}/${"s" | "m" | "h"}${string}`, Range>((input) => readRange(input, readRate), {
  type: "string",
  pattern: rangeOf(RATE_PATTERN),
  examples: ["2/s", "2/s..10/s", "90/m"],
});

/** `20ms..80ms` or `50ms` → minimum and maximum in milliseconds. */
export const durations = quantity<`${number}${DurationUnit}${string}`, Range>(
  (input) => readRange(input, readDuration),
  { type: "string", pattern: rangeOf(DURATION_PATTERN), examples: ["50ms", "20ms..80ms"] },
);

/** `7B` → number of parameters. */
export const parameters = quantity<string, number>(readParameters, {
  type: "string",
  pattern: PARAMETERS_PATTERN,
  examples: ["0.5B", "7B", "13B"],
});

/** `7B..13B` or `13B..` → minimum and maximum number of parameters. */
export const parameterRange = quantity<string, Range>((input) => readRange(input, readParameters, { openEnd: true }), {
  type: "string",
  pattern: `^${inner(PARAMETERS_PATTERN)}(\\.\\.(${inner(PARAMETERS_PATTERN)})?)?$`,
  examples: ["7B..13B", "13B.."],
});

/** `daily keep 30d` → schedule. */
export const schedule = quantity<string, Schedule>(readSchedule, {
  type: "string",
  pattern: SCHEDULE_PATTERN,
  examples: ["daily keep 30d", "5m keep 7d", "at 01:00 keep 30d"],
});

/** A version, as text: `17`, `15.4`, `"1.30"`. */
export const version = quantity<string | number, string>(
  (input) =>
    (typeof input === "string" || typeof input === "number") && /^\d+(\.\d+){0,2}$/.test(String(input))
      ? { ok: true, value: String(input) }
      : { ok: false, message: `\`${String(input)}\` is not a version`, hint: "write it like 17 or 15.4" },
  { type: ["string", "number"], pattern: "^\\d+(\\.\\d+){0,2}$", examples: [17, "15.4"] },
);
