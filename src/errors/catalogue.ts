import { adminApiErrors } from "./codes/admin-api.js";
import { commandErrors } from "./codes/commands.js";
import { localPlatformErrors } from "./codes/local-platform.js";
import { platformFileErrors } from "./codes/platform-file.js";
import { recoveryErrors } from "./codes/recovery.js";
import { runtimeErrors } from "./codes/runtime.js";
import { targetErrors } from "./codes/targets.js";
import type { ErrorEntry } from "./entry.js";

/** Every error code of the product, by area and in the order of the reference page (docs/errors.md). */
export const ERROR_AREAS = {
  "Platform file": platformFileErrors,
  "Command line": commandErrors,
  "Local platform (`keelson up`)": localPlatformErrors,
  "Backups, restores and drills": recoveryErrors,
  "Rendering and deployment": targetErrors,
  "Modules of a running platform": runtimeErrors,
  "Admin API": adminApiErrors,
} as const;

const ERRORS = {
  ...platformFileErrors,
  ...commandErrors,
  ...localPlatformErrors,
  ...recoveryErrors,
  ...targetErrors,
  ...runtimeErrors,
  ...adminApiErrors,
};

export const ERROR_CODES: readonly string[] = Object.keys(ERRORS);

/** A code of the catalogue. A code that is not listed does not compile. */
export type ErrorCode = keyof typeof ERRORS;

/** A code that HTTP APIs and the control socket respond with. */
export type HttpErrorCode = {
  [Code in ErrorCode]: (typeof ERRORS)[Code] extends { readonly status: number } ? Code : never;
}[ErrorCode];

/** The HTTP status of responses with this code, 400..599: the same wherever it occurs. */
export function httpStatus(code: HttpErrorCode): number {
  return ERRORS[code].status;
}

/** Whether APIs respond with this code: the code of another error is not for their clients. */
export function isHttpErrorCode(code: ErrorCode): code is HttpErrorCode {
  return errorEntry(code).status !== undefined;
}

export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** Whether this release lists `code`: another process may run another release. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
