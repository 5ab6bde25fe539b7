import { expect, it } from "vitest";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

it("tolerates the taint of GPU nodes for every pod of their pool, whether it requests a GPU or not", () => {
  const plan = planOf(`platform: shop
cloud: aws
provide: in-cluster
services: { web: { image: "shop/web:1.0.0", port: 80, nodes: general }, notes: { image: "shop/notes:1.0.0", nodes: gpu } }
models:
  small: { source: hf://a/b/small.gguf, parameters: 3B, nodes: gpu }
  large: { source: hf://a/b, engine: vllm, gpu: 2, nodes: gpu }
stores: { vectors: { postgres: 17, standby: none, nodes: gpu } }
nodes: { general: { type: m5.xlarge, count: 3 }, gpu: { type: g5.12xlarge, count: 1 } }
`);
  const pods = manifests(plan).flatMap(({ object }) =>
    object.kind === "Deployment" || object.kind === "StatefulSet" ? [object] : [],
  );
  const tolerant = pods.filter(({ spec }) => spec?.template.spec?.tolerations !== undefined);
  expect(tolerant.map(({ metadata }) => metadata.name).sort()).toEqual(["large", "notes", "small", "vectors"]);
  const shared = pods.filter(({ spec }) => spec?.template.spec?.volumes?.some(({ name }) => name === "shared-memory"));
  // A database shares memory between the processes of a parallel query, vLLM between those of several GPUs.
  expect(shared.map(({ metadata }) => metadata.name).sort()).toEqual(["large", "vectors"]);
});
