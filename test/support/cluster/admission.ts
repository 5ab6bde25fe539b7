import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { z } from "zod";
import { signCertificate } from "./certificates.js";
import type { ControlPlane } from "./control-plane.js";

const Review = z.looseObject({
  request: z.looseObject({
    uid: z.string(),
    dryRun: z.boolean().default(false),
    operation: z.string(),
    kind: z.looseObject({ kind: z.string() }),
    object: z.unknown(),
  }),
});
export type AdmissionRequest = z.infer<typeof Review>["request"];

/** The response to one request: what an AdmissionReview contains besides its `uid`. */
export interface AdmissionResponse {
  readonly allowed: boolean;
  /** `code` and `message` of a denial. */
  readonly status?: { readonly code?: number; readonly reason?: string; readonly message?: string };
  readonly warnings?: readonly string[];
  readonly patch?: readonly object[];
}

export interface WebhookOptions {
  readonly name: string;
  /** The namespace whose objects it reviews. */
  readonly namespace: string;
  readonly mutating?: boolean;
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly sideEffects?: "None" | "Unknown" | "NoneOnDryRun";
  readonly timeoutSeconds?: number;
  readonly resources?: readonly string[];
  /** The response; undefined to send none. */
  readonly review: (request: AdmissionRequest) => AdmissionResponse | undefined;
}

/**
 * Starts an admission webhook on loopback and registers it. It is called for the objects of one namespace, also in dry runs. It
 * stops with the control plane; returns a function that removes its registration.
 */
export async function startWebhook(plane: ControlPlane, options: WebhookOptions): Promise<() => Promise<void>> {
  const { name, namespace, mutating = false } = options;
  const files = await signCertificate(plane.folder, plane.certificates.ca, `webhook-${name}`, {
    name,
    hosts: ["IP:127.0.0.1"],
  });
  const [ca, cert, key] = await Promise.all(
    [plane.certificates.ca.cert, files.cert, files.key].map((file) => readFile(file)),
  );
  const server = createServer({ cert, key }, (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const reviewed = Review.parse(JSON.parse(text)).request;
      const answer = options.review(reviewed);
      if (answer === undefined) return;
      const { patch, ...fields } = answer;
      const encoded = patch && {
        patchType: "JSONPatch",
        patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
      };
      const body = {
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid: reviewed.uid, ...fields, ...encoded },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  plane.beforeStop(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the webhook has no port");
  const kind = mutating ? "mutating" : "validating";
  const configurations = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
  await plane.api.create(configurations, {
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        admissionReviewVersions: ["v1"],
        sideEffects: options.sideEffects ?? "None",
        failurePolicy: options.failurePolicy ?? "Fail",
        timeoutSeconds: options.timeoutSeconds ?? 10,
        clientConfig: { url: `https://127.0.0.1:${address.port}/`, caBundle: ca?.toString("base64") },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        rules: [
          {
            apiGroups: ["*"],
            apiVersions: ["*"],
            operations: ["CREATE", "UPDATE"],
            resources: options.resources ?? ["deployments", "services", "networkpolicies", "pods"],
          },
        ],
      },
    ],
  });
  return async () => {
    await plane.api.delete(`${configurations}/${name}`);
  };
}
