import type { Command } from "commander";
import type { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { createdKey, keyList, keyShape } from "../runtime/accounts/shapes.js";
import { callAdmin } from "./admin-api.js";
import { coloursFor } from "./colours.js";
import { addConnectionOptions, type Connection, type ConnectionOptions, connect } from "./connection.js";
import { readMoment } from "./moment.js";
import { table } from "./table.js";

type Key = z.infer<typeof keyShape>;

interface Options extends ConnectionOptions {
  readonly organisation?: string;
  readonly json?: boolean;
}

interface CreateOptions extends Options {
  readonly scope?: readonly string[];
  readonly model?: readonly string[];
  readonly expires?: string;
}

const paint = coloursFor(process.stdout, process.env);

export function register(program: Command): void {
  const keys = program.command("keys").description("make, list and revoke API keys");

  addConnectionOptions(keys.command("create"))
    .description("make an API key; it is shown once")
    .argument("<name>", "what it is for")
    .option("-s, --scope <scope...>", "inference (default), admin, usage")
    .option("-m, --model <model...>", "the only models that it may use (default: all)")
    .option("-e, --expires <when>", "a moment (2027-01-01) or a duration from now (90d); default: never")
    .option("-o, --organisation <id>", "whose key it is (default: your own organisation)")
    .option("--json", "print the key as JSON")
    .action(async (name: string, options: CreateOptions) => create(await connect(options), name, options));

  addConnectionOptions(keys.command("list"))
    .description("list API keys")
    .option("-o, --organisation <id>", "of this organisation only")
    .option("-a, --all", "also those that are revoked or expired")
    .option("--json", "print all of them as JSON")
    .action(async (options: Options & { readonly all?: boolean }) => list(await connect(options), options));

  addConnectionOptions(keys.command("revoke"))
    .description("revoke an API key, at once and for good")
    .argument("<key>", "its id, or the beginning of the key as the list shows it")
    .option("--json", "print what was revoked as JSON")
    .action(async (key: string, options: Options) => revoke(await connect(options), key, options));
}

async function create(connection: Connection, name: string, options: CreateOptions): Promise<void> {
  const created = await callAdmin(connection, "/admin/keys", createdKey, {
    method: "POST",
    body: {
      name,
      ...(options.scope ? { scopes: listed(options.scope) } : {}),
      ...(options.model ? { models: listed(options.model) } : {}),
      ...(options.expires ? { expires: readMoment("--expires", options.expires, "ahead", Date.now()) } : {}),
      ...(options.organisation ? { organisation: options.organisation } : {}),
    },
  });
  if (options.json) {
    printJson(created);
    return;
  }
  process.stdout.write(`${created.key}\n`);
  const models = created.models === null ? "all models" : created.models.join(", ");
  const end = created.expires === null ? "never expires" : `expires ${created.expires}`;
  process.stderr.write(
    `${created.id} of ${created.organisation}: ${created.scopes.join(", ")}; ${models}; ${end}. It is shown only this once.\n`,
  );
}

async function list(connection: Connection, options: Options & { readonly all?: boolean }): Promise<void> {
  const { keys } = await callAdmin(connection, "/admin/keys", keyList, {
    query: { organisation: options.organisation },
  });
  if (options.json) {
    printJson({ keys });
    return;
  }
  const shown = options.all ? keys : keys.filter((key) => stateOf(key) === "valid");
  if (shown.length === 0) {
    process.stderr.write(keys.length === 0 ? "there are no keys\n" : "no key is valid; --all shows the others\n");
    return;
  }
  const head = ["KEY", "NAME", "ID", "ORGANISATION", "SCOPES", "MODELS", "LAST USED", "STATE"].map(paint.dim);
  process.stdout.write(table([head, ...shown.map(row)], ""));
}

async function revoke(connection: Connection, wanted: string, options: Options): Promise<void> {
  const { keys } = await callAdmin(connection, "/admin/keys", keyList);
  // The whole key is never sent: what the list shows of it is enough.
  const found = keys.filter(({ id, prefix }) => id === wanted || (wanted.length >= 8 && sameBeginning(wanted, prefix)));
  const [key] = found;
  if (!key) throw new KeelsonError("key/unknown", `there is no key ${wanted}`);
  if (found.length > 1)
    throw new KeelsonError("key/ambiguous", `${found.length} keys begin like this`, {
      hint: `name one by its id: ${found.map(({ id }) => id).join(", ")}`,
    });
  const revoked = await callAdmin(connection, `/admin/keys/${key.id}`, keyShape, { method: "DELETE" });
  if (options.json) printJson(revoked);
  else process.stdout.write(`revoked ${revoked.id} (${revoked.name}): no replica accepts it any more\n`);
}

/** Both `--scope a,b` and `--scope a b` are taken. */
function listed(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(",")).filter((value) => value !== "");
}

function sameBeginning(wanted: string, prefix: string): boolean {
  return wanted.startsWith(prefix) || prefix.startsWith(wanted);
}

function stateOf(key: Key): "valid" | "revoked" | "expired" {
  if (key.revoked !== null) return "revoked";
  return key.expires !== null && Date.parse(key.expires) <= Date.now() ? "expired" : "valid";
}

function row(key: Key): string[] {
  const state = stateOf(key);
  return [
    `${key.prefix}…`,
    key.name,
    key.id,
    key.organisation,
    key.scopes.join(","),
    key.models?.join(",") ?? "all",
    minuteOf(key.lastUsed) ?? "never",
    state === "valid" && key.expires !== null
      ? `until ${minuteOf(key.expires)}`
      : state === "valid"
        ? "valid"
        : paint.red(state),
  ];
}

/** `2026-05-04 13:20`, in UTC. */
function minuteOf(moment: string | null): string | undefined {
  return moment?.slice(0, 16).replace("T", " ");
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
