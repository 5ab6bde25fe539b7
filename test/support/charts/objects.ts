import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Plan } from "../../../src/plan/plan.js";
import { jsonMapOf } from "../../../src/render/environments/json.js";
import { withMarker } from "../../../src/render/generated-marker.js";
import { manifests } from "../../../src/render/kubernetes/index.js";
import type { RenderedFile } from "../../../src/render/target.js";

/** Objects by group, kind, namespace and name. */
export type Objects = ReadonlyMap<string, unknown>;

/** The objects that the target `kubernetes` renders a Plan to. */
export function kubernetesObjects(plan: Plan): Objects {
  return byIdentity(manifests(plan).map(({ object }) => jsonMapOf(object)));
}

/** The objects in the output of another tool. */
export function objectsIn(yaml: string): Objects {
  const documents = parseAllDocuments(yaml);
  return byIdentity(
    documents.flatMap((document) => {
      if (!("toJS" in document)) return [];
      if (document.errors[0]) throw document.errors[0];
      const object: unknown = document.toJS();
      return object === null || object === undefined ? [] : [object];
    }),
  );
}

function byIdentity(objects: readonly unknown[]): Objects {
  const found = new Map<string, unknown>();
  for (const object of objects) {
    const { apiVersion, kind, metadata } = identityOf(object);
    const key = `${apiVersion} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
    if (found.has(key)) throw new Error(`${key} occurs twice`);
    found.set(key, object);
  }
  return new Map([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function identityOf(object: unknown): Identity {
  if (isIdentity(object)) return object;
  throw new Error(`no object: ${JSON.stringify(object)}`);
}

function isIdentity(object: unknown): object is Identity {
  return typeof object === "object" && object !== null && "kind" in object && "metadata" in object;
}

/** Runs with a new folder that contains the files as `keelson render` writes them. */
export async function inFolder<Result>(
  files: readonly RenderedFile[],
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "keelson-charts-"));
  try {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file.path)), { recursive: true });
      writeFileSync(join(folder, file.path), withMarker(file));
    }
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
