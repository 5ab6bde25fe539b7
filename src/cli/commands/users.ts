import type { Command } from "commander";
import type { CreateUserOptions, DeleteOptions, UserOptions } from "../use/users.js";
import { addConnectionOptions, YES } from "./shared-options.js";

export function declareUsers(program: Command): void {
  const users = program.command("users").description("create, list, change and delete users");

  addUserOptions(users.command("list"))
    .description("list users")
    .action(async (options: UserOptions) => (await import("../use/users.js")).listUsers(options));

  addUserOptions(users.command("create"))
    .description("create a user and print the link with which they sign in")
    .argument("<name>", "name of the user")
    .option("-r, --role <role>", "member (default), admin or owner")
    .action(async (name: string, options: CreateUserOptions) =>
      (await import("../use/users.js")).createUser(name, options),
    );

  addUserOptions(users.command("link"))
    .description("print a single-use sign-in link for a user")
    .argument("<user>", "id or name")
    .action(async (user: string, options: UserOptions) => (await import("../use/users.js")).linkUser(user, options));

  addUserOptions(users.command("role"))
    .description("change the role of a user")
    .argument("<user>", "id or name")
    .argument("<role>", "member, admin or owner")
    .action(async (user: string, role: string, options: UserOptions) =>
      (await import("../use/users.js")).changeUser(user, { role }, options),
    );

  addUserOptions(users.command("rename"))
    .description("rename a user; sessions and keys stay valid")
    .argument("<user>", "id or name")
    .argument("<name>", "new name")
    .action(async (user: string, name: string, options: UserOptions) =>
      (await import("../use/users.js")).changeUser(user, { name }, options),
    );

  addUserOptions(users.command("disable"))
    .description("disable a user: ends their sessions, keys and sign-in links")
    .argument("<user>", "id or name")
    .action(async (user: string, options: UserOptions) =>
      (await import("../use/users.js")).changeUser(user, { disabled: true }, options),
    );

  addUserOptions(users.command("enable"))
    .description("enable a disabled user, who signs in again with a new link")
    .argument("<user>", "id or name")
    .action(async (user: string, options: UserOptions) =>
      (await import("../use/users.js")).changeUser(user, { disabled: false }, options),
    );

  addUserOptions(users.command("delete"))
    .description("delete a user permanently: ends their sessions, keys and sign-in links")
    .argument("<user>", "id or name")
    .addOption(YES)
    .action(async (user: string, options: DeleteOptions) =>
      (await import("../use/users.js")).deleteUser(user, options),
    );
}

function addUserOptions(command: Command): Command {
  return addConnectionOptions(command)
    .option("-o, --organisation <id>", "organisation (default: your own)")
    .option("--json", "print the result as JSON");
}
