import { type ExactImage, IMAGE_TAGS, type ImageProduct } from "./image-tags.js";
import type { Image, Path } from "./plan.js";

/** The version at the start of a tag. */
const NUMBERS = /^[0-9.]*[0-9]/;

export type ProductWithImage = keyof typeof IMAGE_TAGS;

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
export function formatImage({ repository, tag, digest }: Pick<Image, "repository" | "tag" | "digest">): string {
  return `${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/**
 * The reference of a product's image for a declared version: the newest release of a known version line, otherwise the tag of
 * exactly that version. Full names, because a container runtime may refuse short ones (containers-registries.conf, `short-name-mode`).
 */
export function exactImage(name: ProductWithImage, version = "any"): string {
  const product: ImageProduct = IMAGE_TAGS[name];
  const { tag, digest }: ExactImage = lineOf(product, version) ?? { tag: tagOf(product, version) };
  return formatImage({ repository: product.repository, tag, digest });
}

/** The image is known, or the version is that of one release: a tag of it that does not move can be rendered. */
export function hasExactImage(name: ProductWithImage, version = "any"): boolean {
  const product: ImageProduct = IMAGE_TAGS[name];
  if (lineOf(product, version) !== undefined) return true;
  const [known] = Object.values(product.lines);
  return product.pattern.includes("{version}") && known !== undefined && parts(version) >= parts(known.tag);
}

/** The version of the release that a declared version resolves to, such as `4.3.5` for `4`. */
export function exactVersion(name: ProductWithImage, version: string): string {
  const known = lineOf(IMAGE_TAGS[name], version)?.tag;
  return (known === undefined ? undefined : NUMBERS.exec(known)?.[0]) ?? version;
}

/** Versions that `exactImage` resolves to a release. */
export function knownLines(name: ProductWithImage): readonly string[] {
  return Object.keys(IMAGE_TAGS[name].lines);
}

/** The image of a version line. An image of another program beside PostgreSQL has the major version alone in its tag. */
function lineOf({ lines, pattern }: ImageProduct, version: string): ExactImage | undefined {
  return lines[version] ?? (pattern.includes("{line}") ? lines[version.split(".", 1)[0] ?? version] : undefined);
}

/** Numbers of the version at the start of a tag: 2 for `17.11-bookworm`, 3 for `7.2.16`. */
function parts(tag: string): number {
  return NUMBERS.exec(tag)?.[0].split(".").length ?? 0;
}

/** The tag of one release outside the table, with the release and base distribution of the nearest known line before it. */
function tagOf({ pattern, lines }: ImageProduct, version: string): string {
  const nearest = Object.keys(lines).findLast((line) => version === line || version.startsWith(`${line}.`));
  const known = (nearest === undefined ? undefined : lines[nearest]) ?? Object.values(lines).at(-1);
  return pattern
    .replace(/\{version\}|\{line\}/, version)
    .replace("{release}", known?.tag.split("-", 1)[0] ?? version)
    .replace("{build}-", "")
    .replace("{debian}", known?.tag.split("-").at(-1) ?? "");
}
