import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RealCluster, startRealCluster } from "../support/cluster/real-node.js";
import { nodeImage } from "../support/images/images.js";
import { describeWith } from "../support/requirements.js";

const run = promisify(execFile);
const Pod = z.looseObject({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
  }),
});
const ready = (pod: z.infer<typeof Pod>) =>
  pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 1001,
  seccompProfile: { type: "RuntimeDefault" },
};

function pod(name: string, program: string) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      containers: [
        {
          name: "main",
          image: "keelson.test/node:1",
          command: ["node", "-e", program],
          securityContext: restricted,
          ports: [{ containerPort: 8080 }],
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
      ],
      terminationGracePeriodSeconds: 0,
    },
  };
}

describeWith(["kubernetes node"], "the real node of the tests", () => {
  let cluster: RealCluster;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-image-"));
    const image = nodeImage(folder, "keelson.test/node:1");
    cluster = await startRealCluster();
    await cluster.importImage(await image);
    return () => cluster.stop();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("runs a restricted pod that another pod reaches by the name of its Service", async () => {
    const { api, kubeconfig, programs } = cluster.plane;
    const answer = "require('http').createServer((_, a) => a.end(`uid ${process.getuid()}`)).listen(8080)";
    await api.apply(pod("server", answer));
    await api.apply(pod("client", answer));
    await api.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "server", namespace: "default" },
      spec: { selector: { app: "server" }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const pods = "/api/v1/namespaces/default/pods";
    await api.waitFor(
      "the pods are ready",
      60_000,
      pods,
      Pod,
      (all) => all.length === 2 && all.every(ready),
      (all) => JSON.stringify(all.map((one) => one.status)),
    );
    const ask = "fetch('http://server.default.svc.cluster.local').then((a) => a.text()).then(console.log)";
    const kubectl = [join(programs, "kubectl"), "--kubeconfig", kubeconfig];
    const { stdout } = await run(kubectl[0] ?? "", [...kubectl.slice(1), "exec", "client", "--", "node", "-e", ask]);
    expect(stdout.trim()).toBe("uid 1001");
  });
});

describeWith(["kubernetes node"], "stopping the real node of the tests", () => {
  it("leaves no process, mount, interface, cgroup or file behind", async () => {
    const cluster = await startRealCluster();
    const { folder } = cluster.plane;
    const link = `keelson${cluster.machine.address.split(".")[2]}`;
    expect(Object.keys(networkInterfaces())).toContain(link);
    const cgroup = `/sys/fs/cgroup/memory${cluster.machine.cgroup}`;
    expect(existsSync(cgroup) || existsSync(`/sys/fs/cgroup${cluster.machine.cgroup}`)).toBe(true);
    await cluster.stop();
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(folder);
    expect(execFileSync("cat", ["/proc/self/mountinfo"], { encoding: "utf8" })).not.toContain(folder);
    expect(Object.keys(networkInterfaces())).not.toContain(link);
    expect(existsSync(cgroup)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });
});
