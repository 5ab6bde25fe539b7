import type { ErrorEntries } from "../entry.js";

/** `keelson render` and `keelson deploy`: rendered files, kubeconfig and the Kubernetes API. */
export const targetErrors = {
  "render/unknown-target": { summary: "There is no target with this name.", exitCode: 2 },
  "render/no-directory": {
    summary: "`--diff` needs a directory to compare with.",
    exitCode: 2,
    hint: "add -o DIR",
  },
  "render/unreadable-directory": {
    summary: "The output directory cannot be read.",
    exitCode: 2,
    hint: "give a directory with -o",
  },
  "render/unreadable": { summary: "A rendered file cannot be read.", exitCode: 2 },
  "render/unwritable": {
    summary: "A rendered file cannot be written.",
    exitCode: 1,
    hint: "give another directory with -o",
  },
  "render/changed-by-hand": {
    summary: "A rendered file was changed by hand and is not overwritten.",
    exitCode: 1,
    hint: "move the change into the platform file (`patch:`), or give --force; --diff shows the difference",
  },
  "render/same-name": { summary: "Two components would get an object of the same name.", exitCode: 2 },
  "render/line-separator": {
    summary: "A text contains a line separator of Unicode, which Kustomize would change.",
    exitCode: 2,
    hint: "remove the character, or use the target kubernetes or helm",
  },
  "render/config-map-too-large": {
    summary: "The compressed plan is larger than a ConfigMap of Kubernetes can be.",
    exitCode: 2,
    hint: "split the platform file into several platforms",
  },
  "render/patch-unreadable": {
    summary: "A patch is not a mapping of fields.",
    exitCode: 2,
    hint: "for example: { kind: Deployment, spec: { minReadySeconds: 10 } }",
  },
  "render/patch-without-object": { summary: "A patch names an object that is not rendered.", exitCode: 2 },
  "render/patch-changes-identity": {
    summary: "A patch would rename an object.",
    exitCode: 2,
    hint: "remove apiVersion, metadata.name and metadata.namespace from the patch",
  },

  "secrets/unwritable": {
    summary: "The file for the generated Secrets cannot be written; an existing file is never replaced.",
    exitCode: 1,
    hint: "give a new file with -o",
  },
  "deploy/missing-secret": { summary: "Secrets that only the operator can provide are missing.", exitCode: 1 },
  "deploy/port-mismatch": {
    summary: "The address in the secret of a managed store has another port than the NetworkPolicy allows.",
    exitCode: 1,
  },
  "deploy/conflict": {
    summary: "Another field manager or a controller owns fields that the platform file sets.",
    exitCode: 1,
    hint: "leave the fields to their owner, or take them over with --force-conflicts",
  },
  "deploy/rejected": {
    summary: "The API server would reject an object, or data would be lost; nothing was applied.",
    exitCode: 1,
    hint: "change the platform file, or follow the steps above; --dry-run validates again",
  },
  "deploy/incomplete": {
    summary: "The API server rejected an object after others were applied; nothing was pruned.",
    exitCode: 1,
    hint: "correct what is reported above and deploy again: it applies the rest",
  },
  "deploy/locked": {
    summary: "Another deploy to the namespace is running.",
    exitCode: 1,
    hint: "wait until it ends, or give it more time with --timeout; the lease of a killed deploy expires after 15 s",
  },
  "deploy/lease-lost": {
    summary: "The lease of this deploy expired, so another deploy may be running.",
    exitCode: 1,
    hint: "check the connection to the API server and deploy again",
  },
  "deploy/not-deleted": {
    summary:
      "The cluster has not deleted a StatefulSet, which is created again with larger volumes; its pods and volumes stay.",
    exitCode: 1,
    hint: "check the kube-controller-manager, which deletes it, and deploy again",
  },
  "deploy/cancelled": {
    summary: "The deploy was cancelled; what it had applied stays, and the next deploy may start at once.",
    exitCode: 1,
    hint: "what was applied before stays; deploy again to finish it",
  },
  "deploy/namespace-terminating": { summary: "The namespace of the platform is being deleted.", exitCode: 1 },
  "kubeconfig/missing": {
    summary: "No kubeconfig was found.",
    exitCode: 2,
    hint: "give one with --kubeconfig, or set KUBECONFIG",
  },
  "kubeconfig/unreadable": {
    summary: "The kubeconfig cannot be read.",
    exitCode: 2,
    hint: "kubectl config view shows the expected form",
  },
  "kubeconfig/unknown-context": { summary: "The kubeconfig has no such context.", exitCode: 2 },
  "kubeconfig/dangling": { summary: "The context names a cluster or user that is not defined.", exitCode: 2 },
  "kubeconfig/exec-failed": { summary: "The credential plugin of the kubeconfig failed.", exitCode: 1 },

  "kubernetes/plain-http": {
    summary: "Credentials are not sent to an API server without TLS.",
    exitCode: 2,
    hint: "use the https address of the API server, or give --allow-plain-http",
  },
  "kubernetes/unreachable": { summary: "The Kubernetes API server cannot be reached.", exitCode: 1 },
  "kubernetes/untrusted": { summary: "The certificate of the API server is not trusted.", exitCode: 1 },
  "kubernetes/unknown-kind": {
    summary: "The cluster does not serve this kind of object.",
    exitCode: 1,
    hint: "install its CustomResourceDefinition, or choose another target",
  },
  "kubernetes/unreadable": {
    summary: "The API server could not decode an object (400).",
    exitCode: 1,
    hint: "the cluster may be too old or too new for this field; see its version",
  },
  "kubernetes/unauthenticated": { summary: "The API server rejected the credentials (401).", exitCode: 1 },
  "kubernetes/forbidden": { summary: "The credentials lack a permission (403).", exitCode: 1 },
  "kubernetes/denied": {
    summary: "An admission webhook, a policy, a quota or the pod security of the namespace denies an object.",
    exitCode: 1,
  },
  "kubernetes/webhook-failed": {
    summary: "An admission webhook of the cluster does not respond, so the API server rejects the object.",
    exitCode: 1,
  },
  "kubernetes/not-found": {
    summary: "The API server has no such object, namespace or kind (404).",
    exitCode: 1,
    hint: "does the namespace exist, and does the cluster serve the kind?",
  },
  "kubernetes/conflict": {
    summary: "Another field manager owns a field (409).",
    exitCode: 1,
    hint: "leave the field to its owner, or take it over with --force-conflicts",
  },
  "kubernetes/invalid": {
    summary: "The API server rejected an object as invalid (422).",
    exitCode: 1,
    hint: "keep the old value of an immutable field in the platform file; keelson deploy --dry-run reports how to change it",
  },
  "kubernetes/busy": {
    summary: "The API server throttles requests (429).",
    exitCode: 1,
    hint: "try again in a minute",
  },
  "kubernetes/failed": {
    summary: "The API server failed with another status.",
    exitCode: 1,
    hint: "see the API server's log",
  },
} as const satisfies ErrorEntries;
