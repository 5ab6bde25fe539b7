import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { isAbsent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import type { Connection, Credentials } from "./connection.js";
import { execCredentials } from "./exec-credentials.js";
import { inClusterConnection } from "./in-cluster.js";
import { readToken } from "./token-file.js";

const Exec = z.object({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().optional(),
});

const Cluster = z.object({
  server: z.url({ protocol: /^https?$/ }),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
});

const User = z.object({
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: Exec.optional(),
});

const Context = z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() });

const Kubeconfig = z.object({
  "current-context": z.string().nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: Cluster })).nullish(),
  users: z.array(z.object({ name: z.string(), user: User })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: Context })).nullish(),
});

type User = z.infer<typeof User>;

export interface KubeconfigOptions {
  /** One file; without it `$KUBECONFIG` (several files; the first that sets a value wins), then `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The connection to the cluster, from kubeconfig files; without any, from the service account of the pod.
 *
 * @throws KeelsonError `kubeconfig/…`, exit code 2, if no kubeconfig exists or it is invalid or unreadable.
 */
export async function connectionFrom(options: KubeconfigOptions): Promise<Connection> {
  const files = filesOf(options);
  const found = (await Promise.all(files.map(readKubeconfig))).filter((file) => file !== undefined);
  if (found.length === 0) {
    const inside = options.kubeconfig === undefined ? await inClusterConnection(options.environment) : undefined;
    if (inside) return inside;
    throw new KeelsonError("kubeconfig/missing", `no kubeconfig exists at ${files.join(", ")}`);
  }
  const contextName = options.context ?? firstDefined(found, (file) => file.content["current-context"] || undefined);
  const contexts = found.flatMap((file) => file.content.contexts ?? []);
  const context = contexts.find((candidate) => candidate.name === contextName);
  if (!context) {
    const names = contexts.map((candidate) => candidate.name);
    throw new KeelsonError("kubeconfig/unknown-context", missingContext(contextName, files), {
      hint: names.length > 0 ? `choose one with --context: ${names.join(", ")}` : "the file has no contexts",
    });
  }
  const cluster = named(found, "cluster", context.context.cluster, (file) => file.content.clusters);
  const user = named(found, "user", context.context.user, (file) => file.content.users);
  const server = cluster.entry.cluster;
  return {
    description: `context ${context.name} of ${cluster.file}`,
    server: server.server.replace(/\/+$/, ""),
    authority: await dataOrFile(cluster.file, server["certificate-authority-data"], server["certificate-authority"]),
    verify: server["insecure-skip-tls-verify"] !== true,
    serverName: server["tls-server-name"],
    namespace: context.context.namespace,
    credentials: await credentialsOf(user.file, user.entry.user, options.environment),
  };
}

function missingContext(contextName: string | undefined, files: readonly string[]): string {
  const where = files.join(", ");
  return contextName === undefined
    ? `${where} sets no current context`
    : `there is no context ${contextName} in ${where}`;
}

interface ReadFile {
  readonly file: string;
  readonly content: z.infer<typeof Kubeconfig>;
}

function filesOf(options: KubeconfigOptions): readonly string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  const named = (options.environment["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  return named.length > 0 ? named : [join(homedir(), ".kube", "config")];
}

async function readKubeconfig(file: string): Promise<ReadFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(file, error);
  }
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (error) {
    throw unreadable(file, error);
  }
  const parsed = Kubeconfig.safeParse(content);
  if (!parsed.success) throw unreadable(file, new Error(z.prettifyError(parsed.error)));
  return { file: resolve(file), content: parsed.data };
}

function unreadable(file: string, error: unknown): KeelsonError {
  const reason = messageOf(error);
  return new KeelsonError("kubeconfig/unreadable", `cannot read the kubeconfig ${file}: ${reason}`, {
    cause: error,
  });
}

function named<Entry extends { readonly name: string }>(
  files: readonly ReadFile[],
  kind: string,
  name: string,
  entriesOf: (file: ReadFile) => readonly Entry[] | null | undefined,
): { readonly file: string; readonly entry: Entry } {
  for (const file of files) {
    const entry = entriesOf(file)?.find((candidate) => candidate.name === name);
    if (entry) return { file: file.file, entry };
  }
  throw new KeelsonError("kubeconfig/dangling", `the context refers to the ${kind} ${name}, which does not exist`, {
    hint: `looked in ${files.map((file) => file.file).join(", ")}`,
  });
}

async function credentialsOf(
  file: string,
  user: User,
  environment: KubeconfigOptions["environment"],
): Promise<Credentials> {
  if (user.exec) return execCredentials(user.exec, file, environment);
  const certificate = await dataOrFile(file, user["client-certificate-data"], user["client-certificate"]);
  const key = await dataOrFile(file, user["client-key-data"], user["client-key"]);
  const client = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
  const tokenFile = user.tokenFile === undefined ? undefined : resolve(dirname(file), user.tokenFile);
  return async () => ({
    client,
    authorization:
      tokenFile !== undefined
        ? // Read each time: the file is replaced when its token is renewed.
          `Bearer ${await readToken(tokenFile)}`
        : user.token !== undefined
          ? `Bearer ${user.token.trim()}`
          : user.username !== undefined
            ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`
            : undefined,
  });
}

/** Inline data takes precedence over a file. The path of a file is relative to the kubeconfig. */
async function dataOrFile(
  kubeconfig: string,
  data: string | undefined,
  path: string | undefined,
): Promise<string | undefined> {
  if (data !== undefined && data !== "") return Buffer.from(data, "base64").toString("utf8");
  if (path === undefined || path === "") return undefined;
  const file = resolve(dirname(kubeconfig), path);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function firstDefined<In, Out>(items: readonly In[], of: (item: In) => Out | undefined): Out | undefined {
  for (const item of items) {
    const value = of(item);
    if (value !== undefined) return value;
  }
  return undefined;
}
