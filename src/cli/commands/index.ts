import type { Command } from "commander";
import { declareAudit } from "./audit.js";
import { declareBackup } from "./backup.js";
import { declareBackups } from "./backups.js";
import { declareChat } from "./chat.js";
import { declareCheck } from "./check.js";
import { declareComplete } from "./complete.js";
import { declareCompletion } from "./completion.js";
import { declareDeploy } from "./deploy.js";
import { declareDocs } from "./docs.js";
import { declareDoctor } from "./doctor.js";
import { declareDown } from "./down.js";
import { declareDrill } from "./drill.js";
import { declareDrills } from "./drills.js";
import { declareInit } from "./init.js";
import { declareKeys } from "./keys.js";
import { declareLogin } from "./login.js";
import { declareLogs } from "./logs.js";
import { declareOpen } from "./open.js";
import { declareOrgs } from "./orgs.js";
import { declarePlan } from "./plan.js";
import { declarePromises } from "./promises.js";
import { declareRender } from "./render.js";
import { declareRestart } from "./restart.js";
import { declareRestore } from "./restore.js";
import { declareSchema } from "./schema.js";
import { declareSecrets } from "./secrets.js";
import { declareServe } from "./serve.js";
import { declareStatus } from "./status.js";
import { declareSuggest } from "./suggest.js";
import { declareUp } from "./up.js";
import { declareUpgradeDatabase } from "./upgrade-database.js";
import { declareUsage } from "./usage.js";
import { declareUsers } from "./users.js";
import { declareVersion } from "./version.js";

/** The groups of `keelson --help`, in its order. Each command has one file here, and its implementation in the folder of its group. */
const groups: readonly { readonly title: string; readonly commands: readonly ((program: Command) => void)[] }[] = [
  { title: "Start:", commands: [declareInit, declareDoctor, declareDocs] },
  {
    title: "Run on this machine:",
    commands: [declareUp, declareDown, declareRestart, declareStatus, declareLogs, declareOpen, declareLogin],
  },
  {
    title: "Use and meter:",
    commands: [declareChat, declareKeys, declareUsage, declareUsers, declareOrgs, declareAudit],
  },
  { title: "Design:", commands: [declareCheck, declarePromises, declareSuggest, declarePlan, declareSchema] },
  { title: "Render and deploy:", commands: [declareRender, declareDeploy, declareSecrets] },
  {
    title: "Back up, restore and drill:",
    commands: [declareDrill, declareDrills, declareBackup, declareBackups, declareRestore, declareUpgradeDatabase],
  },
  { title: "Other:", commands: [declareServe, declareCompletion, declareComplete, declareVersion] },
];

/**
 * Declares every command: names, options and help. No implementation is loaded before a command runs, so that `--help`
 * and `--version` start quickly.
 */
export function declareCommands(program: Command): void {
  for (const { title, commands } of groups) {
    program.commandsGroup(title);
    for (const declare of commands) declare(program);
  }
}
