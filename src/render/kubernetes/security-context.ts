import type { IPodSecurityContext, ISecurityContext } from "kubernetes-models/v1";

/** The user id of Keelson's image. */
const KEELSON_USER_ID = 1001;

/** The security context that the Pod Security level `restricted` requires of a pod. The files of volumes belong to `user`. */
export function podSecurityContext(user: number = KEELSON_USER_ID): IPodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** The security context that `restricted` requires of a container, and a read-only root file system. */
export function containerSecurityContext(): ISecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  };
}
