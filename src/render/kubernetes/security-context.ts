import type { IPodSecurityContext, ISecurityContext } from "kubernetes-models/v1";

/** The user that Keelson's image runs as. */
const keelsonUser = 1001;

/** What the Pod Security level `restricted` asks of a pod; files of volumes belong to the same user. */
export function podSecurityContext(user: number = keelsonUser): IPodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** What it asks of each container, and a root file system that cannot be written. */
export function containerSecurityContext(): ISecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  };
}
