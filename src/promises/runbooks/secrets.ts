import type { Plan } from "../../plan/plan.js";
import type { Runbook } from "./runbook.js";

/** Secrets are known to others. */
export function rotateSecrets({ platform, namespace, secrets }: Plan): Runbook {
  return {
    id: "rotate-secrets",
    subject: platform,
    title: `Rotate the secrets of ${platform}`,
    when: "a secret was found in a repository, a log or an image, or its holder has left",
    steps: [
      { action: `Find out which of these it is: ${secrets.map(({ name }) => name).join(", ")}.` },
      { action: "Set a new value at its source, and deploy it." },
      {
        action: "Restart the components that mount it.",
        command: `kubectl -n ${namespace} rollout restart deployment,statefulset`,
      },
      { action: "Revoke the old value where it was valid: a database role, an API key, a signing key." },
      { action: "Search the audit log for its use since it was leaked." },
    ],
    done: "the old value is refused, and no component uses it",
  };
}
