import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import type { Credentials, Identity } from "./connection.js";

const run = promisify(execFile);

/** Timeout of a credential plugin, which may wait for a login by the user. */
const PLUGIN_TIMEOUT_MS = 60_000;
/** Credentials are renewed this long before they expire. */
const RENEWAL_MARGIN_MS = 10_000;

const ExecCredential = z.object({
  kind: z.literal("ExecCredential"),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});

export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args?: readonly string[] | null | undefined;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null | undefined;
  readonly installHint?: string | undefined;
}

/** Credentials that a program prints (`aws eks get-token`, `gke-gcloud-auth-plugin`, `kubelogin`), cached until they expire. */
export function execCredentials(
  plugin: ExecPlugin,
  kubeconfig: string,
  environment: Readonly<Record<string, string | undefined>>,
): Credentials {
  let cached: { readonly identity: Identity; readonly until: number } | undefined;
  return async (rejected) => {
    // A plugin that states no expiry is run again when its token is no longer accepted, as in client-go.
    if (cached && cached.identity !== rejected && Date.now() < cached.until) return cached.identity;
    const { status } = await runPlugin(plugin, kubeconfig, environment);
    const { token, clientCertificateData: certificate, clientKeyData: key } = status;
    const identity: Identity = {
      client: certificate !== undefined && key !== undefined ? { certificate, key } : undefined,
      authorization: token === undefined ? undefined : `Bearer ${token}`,
    };
    const expires = status.expirationTimestamp === undefined ? Number.NaN : Date.parse(status.expirationTimestamp);
    cached = { identity, until: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires - RENEWAL_MARGIN_MS };
    return identity;
  };
}

async function runPlugin(
  plugin: ExecPlugin,
  kubeconfig: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<z.infer<typeof ExecCredential>> {
  // As in kubectl, a command with a slash is relative to the kubeconfig; others are looked up in PATH.
  const command = plugin.command.includes("/") ? resolve(dirname(kubeconfig), plugin.command) : plugin.command;
  const info = { apiVersion: plugin.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const env = {
    ...environment,
    ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  };
  try {
    const { stdout } = await run(command, [...(plugin.args ?? [])], { env, timeout: PLUGIN_TIMEOUT_MS });
    const credential = ExecCredential.safeParse(parseJson(stdout));
    if (!credential.success) throw new Error("its output is no ExecCredential");
    return credential.data;
  } catch (error) {
    const reason = reasonOf(error);
    throw new KeelsonError("kubeconfig/exec-failed", `${plugin.command} returned no credentials: ${reason}`, {
      hint: plugin.installHint ?? `configured in ${kubeconfig}; run it manually to see its output`,
      cause: error,
    });
  }
}

/** The last line that the plugin wrote to stderr, which states the reason; without one, how it ended. */
function reasonOf(error: unknown): string {
  const output = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : "";
  const last = output.split("\n").at(-1)?.trim() ?? "";
  if (last !== "") return last;
  if (typeof error === "object" && error !== null && "killed" in error && error.killed === true)
    return `it did not end within ${PLUGIN_TIMEOUT_MS / 1000} s`;
  return messageOf(error).split("\n")[0] ?? "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
