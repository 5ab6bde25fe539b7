import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirement } from "../requirements.js";
import { Api } from "./api.js";
import { type Certificate, type Certificates, makeCertificates } from "./certificates.js";
import { freePorts, type Program, startProgram, until } from "./process.js";

const SERVICE_RANGE = "10.96.0.0/16";
export const POD_RANGE = "10.244.0.0/16";

export interface ControlPlaneOptions {
  /**
   * A network namespace for the control plane: the command prefix that runs a program in it, and its address. By default the
   * control plane uses loopback.
   */
  readonly network?: { readonly enterNetwork: readonly string[]; readonly address: string };
  /** How often the autoscaler looks at its metrics; Kubernetes' default is 15 s. */
  readonly autoscalerPeriod?: string;
}

/** A running etcd, API server, controller manager and scheduler for one test file. */
export interface ControlPlane {
  readonly url: string;
  /** kubeconfig file of an administrator. */
  readonly kubeconfig: string;
  readonly api: Api;
  readonly folder: string;
  readonly certificates: Certificates;
  /** The folder of the cluster's programs. */
  readonly programs: string;
  /** Writes the kubeconfig file of another client. */
  writeKubeconfig(name: string, client: Certificate): Promise<string>;
  /** Adds something that must be stopped before the control plane: the last one added is stopped first. */
  beforeStop(stop: () => Promise<void>): void;
  stop(): Promise<void>;
}

/** The path of a built program that the suite requires. */
export function builtPath(name: "cluster" | "kwok"): string {
  const answer = requirement(name);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.path;
}

/** Starts a control plane, in about four seconds on two cores. All of its files are in one temporary folder. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-cluster-"));
  const remove = { recursive: true, force: true, maxRetries: 5 };
  // If a suite fails before it stops the control plane, its programs exit with this process and its files are removed.
  const removeAtExit = () => rmSync(folder, remove);
  process.once("exit", removeAtExit);
  const stops: (() => Promise<void>)[] = [
    async () => {
      await rm(folder, remove);
      process.off("exit", removeAtExit);
    },
  ];
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  try {
    return await start(folder, options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  folder: string,
  { network, autoscalerPeriod = "2s" }: ControlPlaneOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<ControlPlane> {
  const programs = builtPath("cluster");
  const address = network?.address ?? "127.0.0.1";
  const [etcdPort = 0, peerPort = 0, apiPort = 0, controllersPort = 0, schedulerPort = 0] = await freePorts(5);
  const certificates = await makeCertificates(folder, [
    ...["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"].map((name) => `DNS:${name}`),
    ...["127.0.0.1", "10.96.0.1", ...(network === undefined ? [] : [address])].map((ip) => `IP:${ip}`),
  ]);
  const url = `https://${address}:${apiPort}`;
  const run = (name: string, args: Record<string, string | number | boolean>, grace?: number): Program => {
    const program = startProgram({
      path: join(programs, name),
      args: Object.entries(args).map(([flag, value]) => `--${flag}=${value}`),
      folder,
      ...(network === undefined ? {} : { enter: network.enterNetwork }),
    });
    stops.push(() => program.stop(grace));
    return program;
  };
  const writeKubeconfig = async (name: string, client: Certificate): Promise<string> => {
    const file = join(folder, `${name}.kubeconfig`);
    await writeFile(file, kubeconfig(url, certificates.ca.cert, client));
    return file;
  };

  // Stopped in the reverse order of starting: an API server without its etcd hangs and keeps its port.
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = run("etcd", {
    "data-dir": join(folder, "etcd"),
    "listen-client-urls": etcdUrl,
    "advertise-client-urls": etcdUrl,
    "listen-peer-urls": peerUrl,
    "initial-advertise-peer-urls": peerUrl,
    "initial-cluster": `default=${peerUrl}`,
    // The data is not needed after the test, so it is not synced to disk.
    "unsafe-no-fsync": true,
    "log-level": "warn",
  });
  const apiserver = run("kube-apiserver", {
    "etcd-servers": etcdUrl,
    "bind-address": network === undefined ? "127.0.0.1" : "0.0.0.0",
    ...(network === undefined ? { "endpoint-reconciler-type": "none" } : { "advertise-address": address }),
    "secure-port": apiPort,
    "cert-dir": folder,
    "tls-cert-file": certificates.server.cert,
    "tls-private-key-file": certificates.server.key,
    "client-ca-file": certificates.ca.cert,
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": certificates.serviceAccountKey,
    "service-account-signing-key-file": certificates.serviceAccountKey,
    "service-cluster-ip-range": SERVICE_RANGE,
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "allow-privileged": true,
    "kubelet-certificate-authority": certificates.ca.cert,
    "kubelet-client-certificate": certificates.kubeletClient.cert,
    "kubelet-client-key": certificates.kubeletClient.key,
    "kubelet-preferred-address-types": "InternalIP",
    "proxy-client-cert-file": certificates.frontProxy.cert,
    "proxy-client-key-file": certificates.frontProxy.key,
    "requestheader-client-ca-file": certificates.frontProxyCa.cert,
    "requestheader-allowed-names": "front-proxy",
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    profiling: false,
  });
  const api = await Api.open(url, certificates.ca.cert, certificates.admin);
  stops.push(async () => api.close());
  const [admin, controllersConfig, schedulerConfig] = await Promise.all([
    writeKubeconfig("admin", certificates.admin),
    writeKubeconfig("controller-manager", certificates.controllerManager),
    writeKubeconfig("scheduler", certificates.scheduler),
  ]);
  await until("the API server is ready", 30_000, [etcd, apiserver], async () => {
    const answer = await api.call("GET", "/readyz").catch(() => undefined);
    return answer?.status === 200;
  });

  // A hundred times the default rate limits: they protect shared API servers and only delay tests.
  const rate = { "kube-api-qps": 500, "kube-api-burst": 1000, "leader-elect": false, "bind-address": "127.0.0.1" };
  const controllers = run("kube-controller-manager", {
    ...rate,
    ...clientFlags(controllersConfig),
    "secure-port": controllersPort,
    "service-account-private-key-file": certificates.serviceAccountKey,
    "use-service-account-credentials": true,
    "root-ca-file": certificates.ca.cert,
    "cluster-signing-cert-file": certificates.ca.cert,
    "cluster-signing-key-file": certificates.ca.key,
    "allocate-node-cidrs": true,
    "cluster-cidr": POD_RANGE,
    "service-cluster-ip-range": SERVICE_RANGE,
    "horizontal-pod-autoscaler-sync-period": autoscalerPeriod,
  });
  const scheduler = run("kube-scheduler", {
    ...rate,
    ...clientFlags(schedulerConfig),
    "secure-port": schedulerPort,
  });
  await until("the default ServiceAccount exists", 30_000, [etcd, apiserver, controllers, scheduler], async () => {
    const answer = await api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default");
    return answer.status === 200;
  });
  return {
    url,
    kubeconfig: admin,
    api,
    folder,
    certificates,
    programs,
    writeKubeconfig,
    beforeStop: (before) => stops.push(before),
    stop,
  };
}

function clientFlags(config: string): Record<string, string> {
  return { kubeconfig: config, "authentication-kubeconfig": config, "authorization-kubeconfig": config };
}

function kubeconfig(server: string, authority: string, client: Certificate): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "tests", cluster: { server, "certificate-authority": authority } }],
    users: [{ name: "tests", user: { "client-certificate": client.cert, "client-key": client.key } }],
    contexts: [{ name: "tests", context: { cluster: "tests", user: "tests" } }],
    "current-context": "tests",
  });
}
