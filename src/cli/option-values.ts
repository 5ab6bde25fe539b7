import { InvalidArgumentError } from "commander";
import { readDuration } from "../platform-file/format.js";

/** Readers of what options are given, each throwing what commander tells as a usage error (exit code 2). */

/** A whole number in decimal digits; nothing else that JavaScript takes for a number (`""`, `0x10`, `1e3`). */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`it takes a whole number ${bounds}`);
  };
}

/** A number above 0 in decimal digits, with a point if need be. */
export function positiveNumber(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= most) return number;
    throw new InvalidArgumentError(`it takes a number above 0 and at most ${most}`);
  };
}

/** A duration as the platform file writes it (`90s`, `10m`), in milliseconds. */
export function someTime(text: string): number {
  const read = readDuration(text);
  if (read.ok && read.value > 0) return read.value;
  throw new InvalidArgumentError(read.ok ? "a duration is longer than nothing" : read.message);
}

/** A directory, file or address. An empty one (mostly a variable of the shell that is not set) would be the current directory. */
export function place(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("it is empty: name a place");
}
