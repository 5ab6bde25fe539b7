import type { Plan } from "../plan/plan.js";

/** A key of `observe.alerts` that turns alerts about faults off. */
export type AlertSetting = "down" | "backups" | "database" | "certificate" | "errors";

/** The alerts that have a setting of their own; the others follow `down`. */
const SETTINGS: Readonly<Record<string, AlertSetting>> = {
  "backup-too-old": "backups",
  "backup-unverified": "backups",
  "log-shipping-late": "backups",
  "replica-lag": "database",
  "volume-nearly-full": "database",
  "certificate-expires": "certificate",
  "requests-failing": "errors",
};

/** The setting with which the file turns an alert off; undefined if the alert is on. */
export function turnedOffBy({ observe: { alerts } }: Plan, name: string): AlertSetting | undefined {
  const setting = SETTINGS[name] ?? "down";
  return alerts[setting] === undefined || alerts[setting] === false ? setting : undefined;
}
