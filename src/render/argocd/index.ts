import type { Plan, Repository } from "../../plan/plan.js";
import type { Declaration } from "../declarations/index.js";
import { manifests } from "../kubernetes/index.js";
import { secretNotes } from "../kubernetes/secret.js";
import type { Note } from "../note.js";
import { externalSecrets, generatedInAny } from "../secrets.js";
import { definePlatformTarget, type RenderedFile } from "../target.js";
import { yamlFile } from "../yaml-file.js";
import { environmentApplication, rootApplication } from "./application.js";
import { appProject } from "./project.js";

export const argocd = definePlatformTarget({
  name: "argocd",
  description: "the project and the applications of Argo CD, for files of the target kustomize in a Git repository",
  writes: new Set<Declaration>(["gitops", "manual-sync"]),
  render(plans) {
    const delivered = plans.flatMap((plan) => {
      const { gitops, repository } = plan.delivery;
      return gitops === "argocd" && repository !== undefined ? [{ plan, repository }] : [];
    });
    return {
      files: filesOf(delivered),
      secrets: generatedInAny(delivered.map(({ plan }) => plan)),
      notes: plans.map(notesOf),
    };
  },
});

interface Delivered {
  readonly plan: Plan;
  readonly repository: Repository;
}

function filesOf(delivered: readonly Delivered[]): readonly RenderedFile[] {
  const [first] = delivered;
  if (first === undefined) return [];
  const objects = delivered.flatMap(({ plan }) => manifests(plan).map(({ object }) => object));
  const repositories = delivered.map(({ repository }) => repository);
  return [
    yamlFile("root.yaml", rootApplication(first.plan, first.repository)),
    yamlFile("platform/project.yaml", appProject(first.plan, repositories, objects)),
    ...delivered.map(({ plan, repository }) =>
      yamlFile(`platform/application-${plan.environment}.yaml`, environmentApplication(plan, repository)),
    ),
  ];
}

function notesOf(plan: Plan): readonly Note[] {
  const { gitops, sync, repository } = plan.delivery;
  if (gitops === "none") return [{ path: "delivery.gitops", message: "no application is rendered: `gitops` is none" }];
  if (repository === undefined) {
    const message = "no application is rendered: declare `repository`, the Git repository of the rendered files";
    return [{ path: "delivery.gitops", message }, ...(sync === "manual" ? [{ path: "delivery.sync", message }] : [])];
  }
  const external = externalSecrets(plan).map(({ name, keys, from }): Note => {
    const path = [...plan.secrets, ...plan.stores].find((each) => each.name === name)?.path ?? "platform";
    return {
      path,
      message: `the Secret ${name} (${keys.join(", ")}, from ${from}) is in no repository: create it first`,
    };
  });
  return [
    {
      path: "delivery.repository",
      message: `Argo CD requires read access to ${repository.url}: add it to Argo CD with its credentials, unless it is public`,
    },
    ...external,
    ...secretNotes(plan),
  ];
}
