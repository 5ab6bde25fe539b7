import { InvalidArgumentError } from "commander";
import { readDuration } from "../../platform-file/format.js";

/** Parsers of option values. Each throws commander's error for an invalid value (exit code 2). */

/** A whole number in decimal digits. Other forms that JavaScript accepts (`""`, `0x10`, `1e3`) are invalid. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= minimum && number <= maximum) return number;
    const bounds = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`expected a whole number ${bounds}`);
  };
}

/** A number above 0 and up to `maximum`, in decimal digits. */
export function positiveNumber(maximum: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= maximum) return number;
    throw new InvalidArgumentError(`expected a number above 0 and at most ${maximum}`);
  };
}

/** A duration above 0 in the platform file's notation (`90s`, `10m`), in milliseconds. */
export function positiveDuration(text: string): number {
  const read = readDuration(text);
  if (read.ok && read.value > 0) return read.value;
  throw new InvalidArgumentError(read.ok ? "expected a duration longer than 0" : read.message);
}

/** A directory, file or address. An empty value (an unset shell variable) would mean the current directory. */
export function nonEmptyPath(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("the value is empty");
}
