import { SCOPES, type Scope } from "../../contracts/authority.js";
import type { Key } from "../../contracts/keys.js";
import { keyRoutes } from "../../contracts/routes/accounts.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { callAdmin } from "../platform/admin-api.js";
import { type Connection, type ConnectionOptions, connect } from "../platform/connection.js";
import { allPages } from "../platform/pages.js";
import { coloursFor } from "../terminal/colours.js";
import { readMoment } from "../terminal/moment.js";
import { print, printError, printJson } from "../terminal/output.js";
import { table } from "../terminal/table.js";

export interface KeyOptions extends ConnectionOptions {
  readonly organisation?: string;
  readonly json?: boolean;
}

export interface CreateKeyOptions extends KeyOptions {
  readonly scope?: readonly string[];
  readonly model?: readonly string[];
  readonly expires?: string;
}

export interface ListKeyOptions extends KeyOptions {
  readonly all?: boolean;
}

/** Characters of a key that identify it. */
const MIN_PREFIX_LENGTH = 8;

const MAX_NAME_CHARACTERS = 32;

const paint = coloursFor(process.stdout, process.env);

/** `keelson keys create`. */
export async function createKey(name: string, options: CreateKeyOptions): Promise<void> {
  const connection = await connect(options);
  const created = await callAdmin(connection, keyRoutes.createKey, {
    body: {
      name,
      ...(options.scope ? { scopes: readScopes(options.scope) } : {}),
      ...(options.model ? { models: listed(options.model) } : {}),
      ...(options.expires ? { expires: readMoment("--expires", options.expires, "ahead", Date.now()) } : {}),
      ...(options.organisation ? { organisation: options.organisation } : {}),
    },
  });
  if (options.json) {
    printJson(created);
    return;
  }
  print(`${created.key}\n`);
  const models = created.models === null ? "all models" : created.models.join(", ");
  const end = created.expires === null ? "never expires" : `expires ${created.expires}`;
  printError(
    `${created.id} of ${created.organisation}: ${created.scopes.join(", ")}; ${models}; ${end}. Save the key. It is shown only once.\n`,
  );
}

/** `keelson keys list`. */
export async function listKeys(options: ListKeyOptions): Promise<void> {
  const connection = await connect(options);
  const keys = await allKeys(connection, options.organisation);
  if (options.json) {
    printJson({ keys });
    return;
  }
  const shown = options.all ? keys : keys.filter((key) => stateOf(key) === "valid");
  if (shown.length === 0) {
    printError(keys.length === 0 ? "no keys\n" : "no valid keys; --all also lists revoked and expired keys\n");
    return;
  }
  const head = ["KEY", "NAME", "ID", "ORGANISATION", "SCOPES", "MODELS", "LAST USED", "STATE"].map(paint.dim);
  print(table([head, ...shown.map(row)], ""));
}

/** `keelson keys revoke`. */
export async function revokeKey(idOrPrefix: string, options: KeyOptions): Promise<void> {
  const connection = await connect(options);
  const keys = await allKeys(connection, undefined);
  // The key itself is never sent: its prefix identifies it.
  const exact = keys.filter(
    ({ id, prefix }) => id === idOrPrefix || (idOrPrefix.length >= MIN_PREFIX_LENGTH && hasPrefix(idOrPrefix, prefix)),
  );
  // After a rotation the old key, which is revoked, has the same name.
  const named = keys.filter(({ name }) => name === idOrPrefix);
  const active = named.filter(({ status }) => status === "active");
  const found = exact.length > 0 ? exact : active.length > 0 ? active : named;
  const [key] = found;
  if (!key) throw new KeelsonError("key/unknown", `there is no key ${idOrPrefix}`);
  if (found.length > 1)
    throw new KeelsonError("key/ambiguous", `${found.length} keys have this ${exact.length > 0 ? "prefix" : "name"}`, {
      hint: `specify one by its id: ${found.map(({ id, user, organisation }) => `${id} of ${user ?? organisation}`).join(", ")}`,
    });
  if (key.status === "revoked") throw new KeelsonError("key/revoked", `${key.id} (${key.name}) is revoked already`);
  const revoked = await callAdmin(connection, keyRoutes.revokeKey, { params: { id: key.id } });
  if (options.json) printJson(revoked);
  else print(`revoked ${revoked.id} (${revoked.name})\n`);
}

/** The keys of all pages of the list. */
async function allKeys(connection: Connection, organisation: string | undefined): Promise<readonly Key[]> {
  return allPages(async (after) => {
    const { keys, next } = await callAdmin(connection, keyRoutes.listKeys, { query: { organisation, after } });
    return { items: keys, next };
  });
}

function readScopes(values: readonly string[]): Scope[] {
  return listed(values).map((word) => {
    const scope = SCOPES.find((each) => each === word);
    if (scope) return scope;
    throw new KeelsonError("request/invalid", `unknown scope '${word}' for --scope`, {
      hint: `available scopes: ${SCOPES.join(", ")}`,
    });
  });
}

/** Splits values at commas: `--scope a,b` equals `--scope a b`. */
function listed(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(",")).filter((value) => value !== "");
}

function hasPrefix(idOrPrefix: string, prefix: string): boolean {
  return idOrPrefix.startsWith(prefix) || prefix.startsWith(idOrPrefix);
}

function stateOf(key: Key): "valid" | "revoked" | "expired" {
  if (key.revoked !== null) return "revoked";
  return key.expires !== null && Date.parse(key.expires) <= Date.now() ? "expired" : "valid";
}

function row(key: Key): string[] {
  const state = stateOf(key);
  return [
    `${key.prefix}…`,
    shortened(key.name),
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

/** A name that is cut where it would push the other columns out of the terminal; `--json` prints it whole. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= MAX_NAME_CHARACTERS ? name : `${characters.slice(0, MAX_NAME_CHARACTERS - 1).join("")}…`;
}

/** `2026-05-04 13:20`, in UTC. */
function minuteOf(moment: string | null): string | undefined {
  return moment?.slice(0, 16).replace("T", " ");
}
