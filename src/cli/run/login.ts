import { sessionRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { printResult } from "../terminal/output.js";

export interface LoginOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson login`. */
export async function login(options: LoginOptions): Promise<void> {
  const connection = await connect(options);
  const link = await callAdmin(connection, sessionRoutes.createSignInLink, { body: {} });
  const { url, expires } = link;
  printResult(options.json, { url, expires }, () => url);
}
