import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { pauseImage } from "../images/images.js";
import { signCertificate } from "./certificates.js";
import { type ControlPlane, POD_RANGE, startControlPlane } from "./control-plane.js";
import { type Cable, connectMachines, type Machine, startMachine } from "./machine.js";
import { until } from "./process.js";

const run = promisify(execFile);

const DNS_ADDRESS = "10.96.0.10";
const PAUSE = "keelson.test/pause:1";

/** A kubelet, a container runtime and kube-proxy on a machine. */
interface NodeOptions {
  readonly name: string;
  readonly machine: Machine;
  /** Folder of its files, in that of the control plane. */
  readonly folder: string;
  /** The addresses of its pods. */
  readonly podRange: string;
}

/** A cluster of real nodes, with running containers, Service addresses and DNS. */
export interface RealCluster {
  readonly plane: ControlPlane;
  /** That of the control plane and of the first node, `node-1`. */
  readonly machine: Machine;
  /** The second node, `node-2`, if it was asked for. */
  readonly second: { readonly machine: Machine; readonly cable: Cable } | undefined;
  /** Imports the image of a docker-archive into containerd of every node. */
  importImage(archive: string): Promise<void>;
  stop(): Promise<void>;
}

let started = 0;

/**
 * Starts a control plane, containerd, kubelet, kube-proxy and CoreDNS in an isolated machine, in about ten seconds, and another
 * machine with the programs of a node if `nodes` is 2.
 */
export async function startRealCluster({ nodes = 1 }: { readonly nodes?: 1 | 2 } = {}): Promise<RealCluster> {
  const machine = await newMachine();
  let plane: ControlPlane;
  try {
    plane = await startControlPlane({ network: machine });
  } catch (error) {
    await machine.stop();
    throw error;
  }
  plane.beforeStop(() => machine.stop());
  try {
    const first = optionsOf(plane, machine, 0);
    const sockets = [await startNode(plane, first)];
    await startDns(plane, machine);
    let second: RealCluster["second"];
    if (nodes === 2) {
      const other = await newMachine();
      plane.beforeStop(() => other.stop());
      const own = optionsOf(plane, other, 1);
      const cable = await connectMachines(machine, other, { one: first.podRange, other: own.podRange });
      sockets.push(await startNode(plane, own));
      second = { machine: other, cable };
    }
    return {
      plane,
      machine,
      second,
      importImage: async (archive) => {
        for (const socket of sockets) await importImage(socket, archive);
      },
      stop: () => plane.stop(),
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

function newMachine(): Promise<Machine> {
  started += 1;
  return startMachine(`keelson-${process.pid}-${started}`);
}

function optionsOf(plane: ControlPlane, machine: Machine, index: number): NodeOptions {
  const name = `node-${index + 1}`;
  const podRange = POD_RANGE.replace(/\.0\.0\/16$/, `.${index}.0/24`);
  return { name, machine, folder: join(plane.folder, name), podRange };
}

/** Starts a node; returns the socket of its container runtime. */
async function startNode(plane: ControlPlane, node: NodeOptions): Promise<string> {
  await mkdir(node.folder, { recursive: true });
  const socket = await startContainerd(node);
  await Promise.all([startKubelet(plane, node, socket), startProxy(plane, node)]);
  return socket;
}

async function importImage(socket: string, archive: string): Promise<void> {
  await run("ctr", ["--address", socket, "--namespace", "k8s.io", "images", "import", archive], { timeout: 120_000 });
}

async function startContainerd({ machine, folder: own, podRange }: NodeOptions): Promise<string> {
  const folder = join(own, "containerd");
  const network = join(folder, "cni");
  await mkdir(network, { recursive: true });
  // Each pod has its own routed link. On a bridge, replies between two pods of this node would bypass the node's address
  // translation if the kernel has no br_netfilter, and Services would not work.
  const ptp = {
    type: "ptp",
    ipMasq: false,
    ipam: {
      type: "host-local",
      dataDir: join(folder, "addresses"),
      ranges: [[{ subnet: podRange }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  await writeFile(
    join(network, "10-pods.conflist"),
    JSON.stringify({ cniVersion: "0.4.0", name: "pods", plugins: [ptp] }),
  );
  const socket = join(folder, "containerd.sock");
  const config = join(folder, "config.toml");
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  await writeFile(
    config,
    [
      "version = 2",
      `root = "${join(folder, "root")}"`,
      `state = "${join(folder, "state")}"`,
      `[grpc]\naddress = "${socket}"`,
      `[plugins."io.containerd.internal.v1.opt"]\npath = "${join(folder, "opt")}"`,
      `${cri}]`,
      `sandbox_image = "${PAUSE}"`,
      // Without CAP_SYS_RESOURCE runc cannot lower the OOM score of a container, and fails.
      "restrict_oom_score_adj = true",
      "disable_apparmor = true",
      "netns_mounts_under_state_dir = true",
      'stream_server_address = "127.0.0.1"',
      `${cri}.containerd]\nsnapshotter = "${await snapshotter(folder)}"\ndefault_runtime_name = "runc"`,
      `${cri}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"`,
      `${cri}.containerd.runtimes.runc.options]\nSystemdCgroup = false`,
      `${cri}.cni]\nbin_dir = "/usr/lib/cni"\nconf_dir = "${network}"`,
      "",
    ].join("\n"),
  );
  const containerd = machine.start({ path: "containerd", args: ["--config", config], folder });
  const [pause] = await Promise.all([
    pauseImage(join(own, "pause"), PAUSE),
    until("containerd answers", 20_000, [containerd], () =>
      run("ctr", ["--address", socket, "version"], { timeout: 5000 }).then(
        () => true,
        () => false,
      ),
    ),
  ]);
  await importImage(socket, pause);
  return socket;
}

/** The snapshotter: overlayfs, or native copies if the folder itself is on an overlay (in a container). */
async function snapshotter(folder: string): Promise<string> {
  const { stdout } = await run("stat", ["--file-system", "--format=%T", folder]);
  return stdout.trim().startsWith("overlay") ? "native" : "overlayfs";
}

const NodeReady = z.looseObject({
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })) }),
});

async function startKubelet(
  plane: ControlPlane,
  { name, machine, folder: own }: NodeOptions,
  socket: string,
): Promise<void> {
  const folder = join(own, "kubelet");
  await mkdir(folder, { recursive: true });
  const { ca } = plane.certificates;
  const [client, server] = await Promise.all([
    signCertificate(folder, ca, "client", { name: `system:node:${name}`, groups: ["system:nodes"] }),
    signCertificate(folder, ca, "server", { name, hosts: [`IP:${machine.address}`] }),
  ]);
  const resolver = join(folder, "resolv.conf");
  const config = join(folder, "config.json");
  await writeFile(resolver, "");
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca.cert } },
      authorization: { mode: "Webhook" },
      tlsCertFile: server.cert,
      tlsPrivateKeyFile: server.key,
      containerRuntimeEndpoint: `unix://${socket}`,
      cgroupDriver: "cgroupfs",
      cgroupRoot: machine.cgroup,
      failCgroupV1: false,
      failSwapOn: false,
      clusterDNS: [DNS_ADDRESS],
      clusterDomain: "cluster.local",
      resolvConf: resolver,
      podLogsDir: join(folder, "logs"),
      volumePluginDir: join(folder, "plugins"),
      // A test machine may be nearly full, and the kubelet must not remove its only images.
      evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      nodeStatusUpdateFrequency: "2s",
    }),
  );
  const kubelet = machine.start({
    path: join(plane.programs, "kubelet"),
    args: [
      `--config=${config}`,
      `--kubeconfig=${await plane.writeKubeconfig(`kubelet-${name}`, client)}`,
      `--root-dir=${join(folder, "root")}`,
      `--cert-dir=${folder}`,
      `--hostname-override=${name}`,
      `--node-ip=${machine.address}`,
      "--node-labels=topology.kubernetes.io/zone=a,topology.kubernetes.io/region=test",
    ],
    folder,
  });
  await until("the node is ready", 60_000, [kubelet], async () => {
    const answer = await plane.api.call("GET", `/api/v1/nodes/${name}`);
    const node = NodeReady.safeParse(answer.body);
    return (
      node.success && node.data.status.conditions.some(({ type, status }) => type === "Ready" && status === "True")
    );
  });
}

async function startProxy(plane: ControlPlane, { name, machine, folder }: NodeOptions): Promise<void> {
  const { ca } = plane.certificates;
  const client = await signCertificate(folder, ca, "proxy", { name: "system:kube-proxy" });
  const config = join(folder, "kube-proxy.json");
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      clientConnection: { kubeconfig: await plane.writeKubeconfig(`kube-proxy-${name}`, client) },
      mode: "iptables",
      clusterCIDR: POD_RANGE,
      hostnameOverride: name,
      // Zero keeps the kernel's settings, which are read-only in a network namespace.
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
      iptables: { minSyncPeriod: "100ms" },
    }),
  );
  const proxy = machine.start({
    path: join(plane.programs, "kube-proxy"),
    args: [`--config=${config}`],
    folder,
  });
  await until("kube-proxy has written its rules", 30_000, [proxy], async () =>
    (await machine.run(["iptables-save", "--table", "nat"])).includes("KUBE-SERVICES"),
  );
}

/** CoreDNS as a process of the node behind the Service `kube-dns`, so that it needs no image. */
async function startDns(plane: ControlPlane, machine: Machine): Promise<void> {
  const corefile = join(plane.folder, "Corefile");
  const kubernetes = `kubernetes cluster.local in-addr.arpa {\n    kubeconfig ${plane.kubeconfig}\n    ttl 2\n  }`;
  const inside = ["errors", "ready 127.0.0.1:8181", "cache 2", "loadbalance", kubernetes];
  // There is no upstream resolver: return NXDOMAIN at once instead of waiting for a timeout.
  const outside = ["template ANY ANY {\n    rcode NXDOMAIN\n  }"];
  const block = (zones: string, rules: readonly string[]) => `${zones} {\n  ${rules.join("\n  ")}\n}\n`;
  await writeFile(corefile, block("cluster.local:53 in-addr.arpa:53", inside) + block(".:53", outside));
  const coredns = machine.start({
    path: join(plane.programs, "coredns"),
    args: ["-conf", corefile],
    folder: plane.folder,
  });
  const ports = [
    { name: "dns", port: 53, protocol: "UDP" },
    { name: "dns-tcp", port: 53, protocol: "TCP" },
  ];
  const labels = { "k8s-app": "kube-dns" };
  await plane.api.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kube-dns", namespace: "kube-system", labels },
    spec: { clusterIP: DNS_ADDRESS, ports },
  });
  await plane.api.apply({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "kube-dns",
      namespace: "kube-system",
      labels: { ...labels, "kubernetes.io/service-name": "kube-dns" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [machine.address] }],
    ports,
  });
  await until("CoreDNS is ready", 30_000, [coredns], () =>
    machine
      .run(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8181; printf 'GET /ready HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"])
      .then(
        (answer) => answer.startsWith("HTTP/1.0 200") || answer.startsWith("HTTP/1.1 200"),
        () => false,
      ),
  );
}
