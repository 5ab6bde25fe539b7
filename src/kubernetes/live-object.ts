import { z } from "zod";

const names = z.record(z.string(), z.string());

/** An object as the API server answers it; what stands below `spec` and `status` is read by whoever asks. */
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

/** Names an object: enough to find it, and to speak of it. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

export function describe(object: ObjectReference): string {
  return `${object.kind} ${object.metadata.name}`;
}

/** The same for the same object, whatever else is known of it. */
export function identity(object: ObjectReference): string {
  return `${object.apiVersion}/${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
