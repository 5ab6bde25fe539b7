import { ROLES, type Role } from "../../contracts/authority.js";
import type { User } from "../../contracts/organisations.js";
import { sessionRoutes, userRoutes } from "../../contracts/routes/accounts.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { callAdmin } from "../platform/admin-api.js";
import { type Connection, type ConnectionOptions, connect } from "../platform/connection.js";
import { allPages } from "../platform/pages.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printError, printJson, printResult } from "../terminal/output.js";
import { confirm } from "../terminal/questions.js";
import { table } from "../terminal/table.js";

export interface UserOptions extends ConnectionOptions {
  readonly organisation?: string;
  readonly json?: boolean;
}

export interface CreateUserOptions extends UserOptions {
  readonly role?: string;
}

export interface DeleteOptions extends UserOptions {
  readonly yes?: boolean;
}

const paint = coloursFor(process.stdout, process.env);

/** `keelson users`. */
export async function listUsers(options: UserOptions): Promise<void> {
  const users = await allUsers(await connect(options), options.organisation);
  if (options.json) return printJson({ users });
  if (users.length === 0) return printError("no users; create one: keelson users create NAME\n");
  const head = ["ID", "NAME", "ORGANISATION", "ROLE", "STATE"].map(paint.dim);
  print(table([head, ...users.map(row)], ""));
}

/** `keelson users create`: prints the link with which the new user signs in. */
export async function createUser(name: string, options: CreateUserOptions): Promise<void> {
  const connection = await connect(options);
  const user = await callAdmin(connection, userRoutes.createUser, {
    body: {
      name,
      ...(options.role === undefined ? {} : { role: readRole(options.role) }),
      ...(options.organisation === undefined ? {} : { organisation: options.organisation }),
    },
  });
  const link = await callAdmin(connection, sessionRoutes.createSignInLink, { body: { user: user.id } });
  printResult(options.json, { ...user, signIn: link.url, expires: link.expires }, () => link.url);
  if (!options.json)
    printError(`${user.id} of ${user.organisation}: ${user.role}. Give them this link; it signs in once.\n`);
}

/** `keelson users link`: a sign-in link for a user. */
export async function linkUser(idOrName: string, options: UserOptions): Promise<void> {
  const connection = await connect(options);
  const { id } = await findUser(connection, idOrName, options);
  const { url, expires } = await callAdmin(connection, sessionRoutes.createSignInLink, { body: { user: id } });
  printResult(options.json, { url, expires }, () => url);
}

/** `keelson users delete`. */
export async function deleteUser(idOrName: string, options: DeleteOptions): Promise<void> {
  const connection = await connect(options);
  const { id, name, organisation } = await findUser(connection, idOrName, options);
  await confirm({
    consequences: [
      `Deletes the user ${name} (${id}) of ${organisation} permanently.`,
      "Sessions, sign-in links and API keys of the user end at once. Usage and the audit log stay.",
    ],
    name,
    yes: options.yes,
  });
  const deleted = await callAdmin(connection, userRoutes.deleteUser, { params: { id } });
  printResult(options.json, deleted, () => `deleted ${deleted.name} (${deleted.id})`);
}

/** `keelson users role`, `rename`, `disable` and `enable`. */
export async function changeUser(
  idOrName: string,
  change: { readonly name?: string; readonly role?: string; readonly disabled?: boolean },
  options: UserOptions,
): Promise<void> {
  const connection = await connect(options);
  const { id } = await findUser(connection, idOrName, options);
  const body = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.role === undefined ? {} : { role: readRole(change.role) }),
    ...(change.disabled === undefined ? {} : { disabled: change.disabled }),
  };
  const user = await callAdmin(connection, userRoutes.changeUser, { params: { id }, body });
  printResult(options.json, user, () => `${user.name} (${user.id}): ${user.role}, ${stateOf(user)}`);
}

async function findUser(connection: Connection, idOrName: string, options: UserOptions): Promise<User> {
  const users = await allUsers(connection, options.organisation);
  const found = users.filter(({ id, name }) => id === idOrName || name === idOrName);
  const [user] = found;
  if (user && found.length === 1) return user;
  if (user)
    throw new KeelsonError("user/ambiguous", `${found.length} users have the name ${idOrName}`, {
      hint: `specify one by its id: ${found.map(({ id }) => id).join(", ")}`,
    });
  throw new KeelsonError("user/unknown", `there is no user ${idOrName}`, {
    hint: "`keelson users list` lists the users",
  });
}

async function allUsers(connection: Connection, organisation: string | undefined): Promise<readonly User[]> {
  return allPages(async (after) => {
    const { users, next } = await callAdmin(connection, userRoutes.listUsers, { query: { organisation, after } });
    return { items: users, next };
  });
}

function readRole(word: string): Role {
  const role = ROLES.find((each) => each === word);
  if (role) return role;
  throw new KeelsonError("request/invalid", `unknown role '${word}'`, { hint: `available roles: ${ROLES.join(", ")}` });
}

function stateOf({ disabled }: User): string {
  return disabled ? "disabled" : "active";
}

function row(user: User): string[] {
  const state = user.disabled ? paint.red(stateOf(user)) : stateOf(user);
  return [user.id, user.name, user.organisation, user.operator ? `${user.role}, operator` : user.role, state];
}
