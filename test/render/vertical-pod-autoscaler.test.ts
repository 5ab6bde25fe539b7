import { describe, expect, it } from "vitest";
import { manifests, renderObjects } from "../../src/render/kubernetes/index.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const PLATFORM = `
platform: shop
services:
  web:
    image: registry.example.com/web:1.0.0
    port: 8080
    cpu: 500m..2
    memory: 1Gi..2Gi
    sizing: auto
    beside: memory
  memory: { image: registry.example.com/memory:1.0.0, port: 9000 }
  index: { image: registry.example.com/index:1.0.0, port: 8080, memory: 1Gi, sizing: recommend, volumes: { data: { size: 1Gi, persistent: true } } }
  plain: { image: registry.example.com/plain:1.0.0, port: 8080 }
environments:
  production: { provide: in-cluster }
`;

const plan = planOf(PLATFORM);

function autoscalerOf(name: string) {
  return manifests(plan).flatMap(({ object }) =>
    object.kind === "VerticalPodAutoscaler" && object.metadata.name === name ? [object.spec] : [],
  );
}

describe("the vertical autoscaler of a unit", () => {
  it("replaces pods of `sizing: auto`, with requests between the declared request and limit", () => {
    expect(autoscalerOf("web")).toEqual([
      {
        targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        updatePolicy: { updateMode: "Recreate" },
        resourcePolicy: {
          containerPolicies: [
            {
              containerName: "web",
              controlledValues: "RequestsOnly",
              minAllowed: { cpu: "500m", memory: "1Gi" },
              maxAllowed: { cpu: "2", memory: "2Gi" },
            },
            { containerName: "*", mode: "Off" },
          ],
        },
      },
    ]);
  });

  it("only recommends for `sizing: recommend`, also for a StatefulSet", () => {
    expect(autoscalerOf("index")).toMatchObject([
      { targetRef: { kind: "StatefulSet", name: "index" }, updatePolicy: { updateMode: "Off" } },
    ]);
  });

  it("exists only where sizing is declared", () => {
    expect(autoscalerOf("plain")).toEqual([]);
  });

  it("notes what the cluster needs, and the sidecars that it does not size", () => {
    const notes = renderObjects(plan).notes.filter(({ path }) => path === "services.web.sizing");
    expect(notes.map(({ message }) => message)).toEqual([
      "a VerticalPodAutoscaler requires the recommender of the Vertical Pod Autoscaler in the cluster, its updater and its admission controller, and the metrics server",
      "web: the Vertical Pod Autoscaler does not size its sidecars (memory), which are init containers",
    ]);
  });

  it("is a note of Compose, which has none", () => {
    const notes = targets.compose.render(plan).notes.filter(({ path }) => path.endsWith(".sizing"));
    expect(notes.map(({ path }) => path)).toEqual(["services.web.sizing", "services.index.sizing"]);
  });
});
