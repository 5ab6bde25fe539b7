import type { Image, Path } from "./plan.js";

/** Reads `registry:5000/owner/name:tag@sha256:…` into its parts. */
export function readImage(input: string, path: Path): Image {
  const [beforeDigest = "", digest] = input.split("@");
  const slash = beforeDigest.lastIndexOf("/");
  const colon = beforeDigest.indexOf(":", slash + 1);
  return {
    repository: colon < 0 ? beforeDigest : beforeDigest.slice(0, colon),
    tag: colon < 0 ? undefined : beforeDigest.slice(colon + 1),
    digest,
    path,
  };
}

/** The inverse of `readImage`: the reference that a container runtime pulls. */
export function formatImage({ repository, tag, digest }: Image): string {
  return `${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
