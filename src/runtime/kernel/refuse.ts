import type { ServerResponse } from "node:http";
import { errorEntry, type HttpErrorCode, httpStatus } from "../../errors/catalogue.js";
import { respondJson } from "./listener.js";

/** Responds with an error of the admin API, outside of its application. Without a hint with the default hint of the code. */
export function refuse(
  response: ServerResponse,
  code: HttpErrorCode,
  message: string,
  hint = errorEntry(code).hint,
): void {
  respondJson(response, httpStatus(code), { error: { code, message, ...(hint === undefined ? {} : { hint }) } });
}
