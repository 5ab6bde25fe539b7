import type { Command } from "commander";
import { z } from "zod";
import { callAdmin } from "./admin-api.js";
import { addConnectionOptions, type ConnectionOptions, connect } from "./connection.js";

const linkSchema = z.object({ url: z.string(), expires: z.string() });

export function register(program: Command): void {
  addConnectionOptions(program.command("login"))
    .description("print a new link that signs you in to the dashboard once, within ten minutes")
    .option("--json", "print it as JSON")
    .action(async (options: ConnectionOptions & { readonly json?: boolean }) => {
      const connection = await connect(options);
      const link = await callAdmin(connection, "/admin/sign-in-links", linkSchema, { method: "POST", body: {} });
      process.stdout.write(options.json ? `${JSON.stringify(link)}\n` : `${link.url}\n`);
    });
}
