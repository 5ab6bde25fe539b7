import type { Plan, Sidecar, Unit } from "../../../plan/plan.js";
import { joinPath } from "../../../platform-file/path.js";
import { defineRule } from "../../rule.js";

/** A secret is an environment variable of a container. See docs/checks.md, Security. */
export const secretInEnvironment = defineRule({
  code: "security/secret-in-environment",
  severity: "error",
  summary: "a secret is declared as an environment variable, in the platform file",
  help: "Environment variables are inherited by child processes, printed by crash reporters, and shown by `kubectl describe`; this one is in the repository too. Secrets are declared under `secrets`, come from a secret store, and are mounted as files.",
  check({ plan }, report) {
    for (const container of containers(plan)) {
      for (const [variable, value] of Object.entries(container.environment)) {
        const why = suspicion(variable, value);
        if (why === undefined) continue;
        report(joinPath(container.path, "env", variable), {
          why: `${container.name} reads ${variable} from the environment: ${why}`,
          advice: `declare it under \`secrets\`, list it in \`${container.path}.secrets\`, and read /run/secrets/keelson/<secret>/<key>; then rotate the value, because it has been in a file`,
        });
      }
    }
  },
});

function containers(plan: Plan): readonly (Unit | Sidecar)[] {
  return plan.units.flatMap((unit) => [unit, ...unit.sidecars]);
}

const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|JWT|AUTH)_?KEY)$/i;
/** Paths and references point to a secret and do not contain it. */
const REFERENCE = /^(\/|file:|\.{1,2}\/)/;
const CREDENTIALS_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;
const KNOWN_FORMATS: readonly (readonly [RegExp, string])[] = [
  [/^AKIA[0-9A-Z]{16}$/, "an AWS access key"],
  [/^gh[pousr]_[A-Za-z0-9]{36,}$/, "a GitHub token"],
  [/^sk-[A-Za-z0-9_-]{20,}$/, "an OpenAI API key"],
  [/^xox[abprs]-[A-Za-z0-9-]{10,}$/, "a Slack token"],
  [/^hf_[A-Za-z0-9]{30,}$/, "a Hugging Face token"],
  [/^eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+$/, "a JSON web token"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
];

/** Why a variable is likely a secret; undefined if it is not. */
function suspicion(variable: string, value: string): string | undefined {
  if (value === "" || REFERENCE.test(value)) return undefined;
  const format = KNOWN_FORMATS.find(([pattern]) => pattern.test(value))?.[1];
  if (format) return `its value is ${format}`;
  if (CREDENTIALS_IN_URL.test(value)) return "its value is a URL with a password";
  if (SECRET_NAME.test(variable)) return "its name indicates a secret";
  return undefined;
}
