import type { Plan } from "../../plan/plan.js";
import { externalSecrets, generatedSecrets } from "../secrets.js";
import { literal } from "./template.js";

/** `NOTES.txt`: what Helm prints after an installation. One part for each environment. */
export function notesText(plans: readonly Plan[]): string {
  const parts = plans.map((plan) => {
    const condition = `{{- if eq .Values.environment ${JSON.stringify(plan.environment)} }}\n`;
    return `${condition}${literal(environmentNotes(plan))}{{- end }}\n`;
  });
  return parts.join("");
}

function environmentNotes(plan: Plan): string {
  const addresses = plan.entrances.map(({ name, host, tls }) =>
    host === undefined
      ? `  ${name}: the address of its load balancer`
      : `  ${name}: ${tls ? "https" : "http"}://${host}`,
  );
  const secrets = [
    ...externalSecrets(plan).map(({ name, keys, from }) => `  ${name} (${keys.join(", ")}), from ${from}`),
    ...generatedSecrets(plan).map(({ name, keys }) => `  ${name} (${Object.keys(keys).join(", ")})`),
  ];
  return [
    `${plan.platform} (${plan.environment})`,
    "",
    ...(addresses.length > 0 ? ["Entrances:", ...addresses, ""] : []),
    ...(secrets.length > 0
      ? ["Its pods start when the namespace contains these Secrets, which are in no chart:", ...secrets, ""]
      : []),
    "The namespace needs the labels of templates/00-namespace.yaml: Helm creates it without them.",
    "",
  ].join("\n");
}
