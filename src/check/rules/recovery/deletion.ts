import { faultRule } from "../../fault-rule.js";

/** A deletion breaks a promise. See docs/checks.md, Recovery. */
export const deletionRule = faultRule({
  code: "recovery/deletion",
  fault: "deletion",
  summary: "the deletion of a namespace, a table or objects violates the RTO or RPO",
  help: "Replicas repeat a deletion, and a namespace takes the volumes and the backups in it with it. A restore has to end just before the deletion, which a person finds out. Where no person can react in time, exclude the fault from the promise: `except: [deletion]`.",
  event: "after a deletion",
  limit: "a person has to notice it and to restore (`except: [deletion]` promises nothing for it)",
});
