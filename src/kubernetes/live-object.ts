import { z } from "zod";

const names = z.record(z.string(), z.string());

/** An object as the API server returns it. Callers parse the parts of `spec` and `status` that they need. */
export const LiveObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    labels: names.optional(),
    annotations: names.optional(),
    deletionTimestamp: z.string().optional(),
  }),
});
export type LiveObject = z.infer<typeof LiveObject>;

/** Identifies an object, for requests and messages. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

export function describe(object: ObjectReference): string {
  return `${object.kind} ${object.metadata.name}`;
}

/** A key that is equal for references to the same object. */
export function identity(object: ObjectReference): string {
  return `${object.apiVersion}/${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
