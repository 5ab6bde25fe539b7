import { z } from "zod";
import { callAdmin } from "./admin-api.js";
import { type ConnectionOptions, connect } from "./connection.js";

const linkSchema = z.object({ url: z.string(), expires: z.string() });

export interface LoginOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson login`. */
export async function login(options: LoginOptions): Promise<void> {
  const connection = await connect(options);
  const link = await callAdmin(connection, "/admin/sign-in-links", linkSchema, { method: "POST", body: {} });
  process.stdout.write(options.json ? `${JSON.stringify(link)}\n` : `${link.url}\n`);
}
