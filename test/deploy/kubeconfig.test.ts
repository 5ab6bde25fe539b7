import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectionFrom } from "../../src/kubernetes/kubeconfig.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keelson-kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function config(user: unknown, cluster: object = {}) {
  return {
    clusters: [{ name: "c", cluster: { server: "https://cluster.example:6443/", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "main", context: { cluster: "c", user: "u", namespace: "apps" } }],
    "current-context": "main",
  };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

it("reads a cluster, its authority and a client certificate, as data or as files beside the kubeconfig", async () => {
  await write("ca.pem", "authority");
  const kubeconfig = await write(
    "config",
    config(
      { "client-certificate-data": base64("certificate"), "client-key-data": base64("key") },
      { "certificate-authority": "ca.pem" },
    ),
  );
  const connection = await connectionFrom({ kubeconfig, environment: {} });
  expect(connection).toMatchObject({
    server: "https://cluster.example:6443",
    authority: "authority",
    namespace: "apps",
  });
  expect(await connection.credentials()).toEqual({
    client: { certificate: "certificate", key: "key" },
    authorization: undefined,
  });
});

it("reads a token from its file again for each request", async () => {
  const tokenFile = await write("token", "first\n");
  const kubeconfig = await write("config", config({ tokenFile }));
  const { credentials } = await connectionFrom({ kubeconfig, environment: {} });
  expect((await credentials()).authorization).toBe("Bearer first");
  await writeFile(tokenFile, "second\n");
  expect((await credentials()).authorization).toBe("Bearer second");
});

it("runs a credential plugin, passes it the protocol version, and caches its credentials until they expire", async () => {
  const log = join(folder, "calls");
  const expires = new Date(Date.now() + 3600_000).toISOString();
  const plugin = await write(
    "plugin",
    `#!/bin/sh
echo call >> ${log}
case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 3 ;; esac
printf '{"kind":"ExecCredential","status":{"token":"%s-%s","expirationTimestamp":"${expires}"}}' "$1" "$REGION"
`,
  );
  await chmod(plugin, 0o755);
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./plugin",
    args: ["token"],
    env: [{ name: "REGION", value: "here" }],
  };
  const kubeconfig = await write("config", config({ exec }));
  const { credentials } = await connectionFrom({ kubeconfig, environment: process.env });
  expect((await credentials()).authorization).toBe("Bearer token-here");
  await credentials();
  expect(await readFile(log, "utf8")).toBe("call\n");
});

it("reports the output of a plugin that fails", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "no-such-plugin-here",
    installHint: "install it",
  };
  const kubeconfig = await write("config", config({ exec }));
  const { credentials } = await connectionFrom({ kubeconfig, environment: {} });
  await expect(credentials()).rejects.toMatchObject({ code: "kubeconfig/exec-failed", hint: "install it" });
});

it.each([
  ["fails", "echo 'refreshing' >&2; echo 'the SSO session has expired' >&2; exit 7", /: the SSO session has expired$/],
  ["prints something else", "echo 'Please log in:'", /: its output is no ExecCredential$/],
  ["prints another document", `echo '{"kind":"Status"}'`, /: its output is no ExecCredential$/],
  ["prints nothing", "exit 0", /: its output is no ExecCredential$/],
])("states the reason in one line if a plugin %s", async (_what, script, message) => {
  const command = await write("plugin", `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o755);
  const kubeconfig = await write(
    "config",
    config({ exec: { apiVersion: "client.authentication.k8s.io/v1", command } }),
  );
  const { credentials } = await connectionFrom({ kubeconfig, environment: process.env });
  await expect(credentials()).rejects.toMatchObject({
    code: "kubeconfig/exec-failed",
    message: expect.stringMatching(message),
  });
});

it("runs a plugin again whose credentials state no expiry, once the API server rejects them", async () => {
  const log = join(folder, "calls");
  const command = await write(
    "plugin",
    `#!/bin/sh\necho >> ${log}\nprintf '{"kind":"ExecCredential","status":{"token":"token-%s"}}' $(wc -l < ${log})\n`,
  );
  await chmod(command, 0o755);
  const kubeconfig = await write(
    "config",
    config({ exec: { apiVersion: "client.authentication.k8s.io/v1", command } }),
  );
  const { credentials } = await connectionFrom({ kubeconfig, environment: process.env });
  const first = await credentials();
  expect(await credentials()).toBe(first);
  expect(await credentials(first)).toMatchObject({ authorization: "Bearer token-2" });
  expect(await credentials(first)).toMatchObject({ authorization: "Bearer token-2" });
});

it("reports a token file that does not exist with its path", async () => {
  const kubeconfig = await write("config", config({ tokenFile: "no-token" }));
  const { credentials } = await connectionFrom({ kubeconfig, environment: {} });
  await expect(credentials()).rejects.toMatchObject({
    code: "kubeconfig/unreadable",
    message: expect.stringContaining(join(folder, "no-token")),
  });
});

it("merges the files of KUBECONFIG; the first that sets a value wins", async () => {
  const first = await write("first", { "current-context": "main" });
  const second = await write("second", config({ token: "t" }));
  const { credentials } = await connectionFrom({ environment: { KUBECONFIG: `${first}:${second}` } });
  expect((await credentials()).authorization).toBe("Bearer t");
});

it.each([
  ["a context that is not there", { context: "other" }, config({ token: "t" }), "kubeconfig/unknown-context", /main/],
  ["a user that is nowhere", {}, { ...config({}), users: [] }, "kubeconfig/dangling", /looked in/],
  ["a file that is no kubeconfig", {}, "clusters: 5", "kubeconfig/unreadable", /kubectl config view/],
  ["a server that is no URL", {}, config({}, { server: "cluster.example" }), "kubeconfig/unreadable", /config view/],
  ["a server of another protocol", {}, config({}, { server: "file:///etc" }), "kubeconfig/unreadable", /config view/],
  ["a file that is no YAML", {}, "{", "kubeconfig/unreadable", /kubectl config view/],
])("refuses %s with a hint, as unreadable input", async (_what, options, content, code, hint) => {
  const kubeconfig = await write("config", content);
  await expect(connectionFrom({ kubeconfig, environment: {}, ...options })).rejects.toMatchObject({
    code,
    exitCode: 2,
    hint: expect.stringMatching(hint),
  });
});

it("reports the searched paths if no kubeconfig exists", async () => {
  const kubeconfig = join(folder, "missing");
  await expect(connectionFrom({ kubeconfig, environment: {} })).rejects.toMatchObject({
    code: "kubeconfig/missing",
    message: expect.stringContaining(kubeconfig),
  });
});
