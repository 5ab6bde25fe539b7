import type { Plan, Secret } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import type { Declared, Declares } from "./declared.js";

/** Secrets of the platform file; those of stores belong to the stores. */
export const SECRET_DECLARATIONS = {
  "provided-secrets": perSecret(({ name, path, keys, from }) =>
    from === "generated"
      ? undefined
      : {
          path,
          omission: `secret ${name} is not created by this target: provide its keys (${keys.join(", ")}) from ${SOURCES[from]}`,
        },
  ),
  "secret-rotation": perSecret(({ name, path, rotate }) =>
    rotate === undefined
      ? undefined
      : {
          path,
          omission: `secret ${name} is not rotated by this target: rotate it every ${formatDuration(rotate)}`,
        },
  ),
} as const satisfies Record<string, Declares>;

const SOURCES = {
  file: "a file",
  sealed: "its sealed form",
  "aws-secrets-manager": "AWS Secrets Manager",
  "linode-secret-manager": "Linode's secret manager",
} as const satisfies Record<Exclude<Secret["from"], "generated">, string>;

function perSecret(declared: (secret: Secret) => Declared | undefined): Declares {
  return ({ secrets, stores }: Plan) => {
    const names = new Set(stores.map(({ name }) => name));
    return secrets.flatMap((secret) => (names.has(secret.name) ? [] : (declared(secret) ?? [])));
  };
}
