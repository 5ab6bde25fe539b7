import { defineRule } from "../../rule.js";

/** A leaked secret stays valid. See docs/checks.md, Security. */
export const secretNeverRotated = defineRule({
  code: "security/secret-never-rotated",
  severity: "note",
  summary: "a secret of an environment with real data is never rotated",
  help: "Leaks of secrets often go undetected. Rotation limits how long a leaked secret is valid, and tests the procedure that replaces one.",
  check({ plan }, report) {
    if (plan.data !== "real") return;
    for (const { name, path, rotate, from } of plan.secrets) {
      // No one has read what Keelson generates, and a file is rotated by the process that writes it.
      if (rotate !== undefined || from === "generated" || from === "file") continue;
      report(path, {
        why: `${name} is never rotated`,
        advice: "set `rotate: 90d`",
        fix: { edits: [{ path: `${path}.rotate`, value: "90d" }], safe: false },
      });
    }
  },
});
