import type { Plan, Sidecar, Unit } from "../../../plan/plan.js";
import { joinPath } from "../../../platform-file/path.js";
import { defineRule } from "../../rule.js";

/** A secret where every child process, crash report and `kubectl describe` can read it. */
export const secretInEnvironment = defineRule({
  code: "security/secret-in-environment",
  severity: "error",
  summary: "a secret stands in an environment variable, and so in the platform file",
  help: "Environment variables are inherited by every child, printed by crash reporters, and shown by `kubectl describe`; this one is in the repository as well. Secrets are declared under `secrets`, come from their own store, and are mounted as files.",
  check(plan, report) {
    for (const container of containers(plan)) {
      for (const [variable, value] of Object.entries(container.environment)) {
        const why = suspicion(variable, value);
        if (why === undefined) continue;
        report(joinPath(container.path, "env", variable), {
          why: `${container.name} gets ${variable} from the environment: ${why}`,
          advice: `declare it under \`secrets\`, list it in \`${container.path}.secrets\`, and read /run/secrets/keelson/<secret>/<key>; then rotate the value, it has been in a file`,
        });
      }
    }
  },
});

function containers(plan: Plan): readonly (Unit | Sidecar)[] {
  return plan.units.flatMap((unit) => [unit, ...unit.sidecars]);
}

const secretName =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|JWT|AUTH)_?KEY)$/i;
/** Names of files and references are where a secret is, not the secret. */
const reference = /^(\/|file:|\.{1,2}\/)/;
const credentialsInUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;
const issued: readonly (readonly [RegExp, string])[] = [
  [/^AKIA[0-9A-Z]{16}$/, "an AWS access key"],
  [/^gh[pousr]_[A-Za-z0-9]{36,}$/, "a GitHub token"],
  [/^sk-[A-Za-z0-9_-]{20,}$/, "an OpenAI API key"],
  [/^xox[abprs]-[A-Za-z0-9-]{10,}$/, "a Slack token"],
  [/^hf_[A-Za-z0-9]{30,}$/, "a Hugging Face token"],
  [/^eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+$/, "a JSON web token"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
];

function suspicion(variable: string, value: string): string | undefined {
  if (value === "" || reference.test(value)) return undefined;
  const kind = issued.find(([pattern]) => pattern.test(value))?.[1];
  if (kind) return `its value is ${kind}`;
  if (credentialsInUrl.test(value)) return "its value is an address with a password in it";
  if (secretName.test(variable)) return "its name says that it is a secret";
  return undefined;
}
