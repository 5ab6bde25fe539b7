import { defineRule } from "../../rule.js";

/** A value that is never replaced stays lost once it is. */
export const secretNeverRotated = defineRule({
  code: "security/secret-never-rotated",
  severity: "note",
  summary: "a secret of an environment with real data is never rotated",
  help: "Secrets leak unnoticed. Rotation bounds how long a leaked one is worth something, and keeps the way of replacing one practised for the day it must be quick.",
  check(plan, report) {
    if (plan.data !== "real") return;
    for (const { name, path, rotate, from } of plan.secrets) {
      // What Keelson generated nobody has seen; what a file holds is rotated by whoever writes the file.
      if (rotate !== undefined || from === "generated" || from === "file") continue;
      report(path, {
        why: `${name} is never rotated`,
        advice: "`rotate: 90d`",
        fix: { edits: [{ path: `${path}.rotate`, value: "90d" }], safe: false },
      });
    }
  },
});
