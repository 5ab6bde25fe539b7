import type { Command } from "commander";
import type { CreateKeyOptions, KeyOptions, ListKeyOptions } from "../use/keys.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareKeys(program: Command): void {
  const keys = program.command("keys").description("create, list and revoke API keys");

  addConnectionOptions(keys.command("create"))
    .description("create an API key; it is shown only once")
    .argument("<name>", "name of the key, such as the application that uses it")
    .option("-s, --scope <scope...>", "inference (default), admin, usage")
    .option("-m, --model <model...>", "only these models (default: all)")
    .option("--expires <when>", "expiry: a date (2027-01-01) or a duration from now (90d); default: never")
    .option("-o, --organisation <id>", "organisation of the key (default: your own)")
    .option("--json", "print the key as JSON")
    .action(async (name: string, options: CreateKeyOptions) =>
      (await import("../use/keys.js")).createKey(name, options),
    );

  addConnectionOptions(keys.command("list"))
    .description("list API keys")
    .option("-o, --organisation <id>", "only keys of this organisation")
    .option("-a, --all", "include revoked and expired keys")
    .option("--json", "print all keys as JSON")
    .action(async (options: ListKeyOptions) => (await import("../use/keys.js")).listKeys(options));

  addConnectionOptions(keys.command("revoke"))
    .description("revoke an API key immediately and permanently")
    .argument("<key>", "id, name, or the prefix of the key that the list shows")
    .option("--json", "print the revoked key as JSON")
    .action(async (key: string, options: KeyOptions) => (await import("../use/keys.js")).revokeKey(key, options));
}
