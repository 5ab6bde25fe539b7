import { z } from "zod";

/** Texts whose syntax other systems define: Kubernetes, Gateway API, DNS and image registries reject any other. */

const DNS_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DNS_NAME = `${DNS_LABEL}(?:\\.${DNS_LABEL})*`;

/** A host of an entrance: a DNS name (RFC 1123), or one with `*` as its first label. At most 253 characters. */
export const host = z
  .string()
  .max(253, { error: "a host has at most 253 characters" })
  .regex(new RegExp(`^(?:\\*\\.)?${DNS_NAME}$`), {
    error:
      "a host is a DNS name like api.example.com: labels of at most 63 letters, digits and dashes, which start and end with a letter or digit",
  })
  .refine((text) => !/^\d+(?:\.\d+){3}$/.test(text), {
    error:
      "a host is a DNS name like api.example.com, not an IP address: an entrance without a host answers on every address",
  });

/** The name of an object in Kubernetes (RFC 1123 subdomain). */
export const objectName = z
  .string()
  .max(253, { error: "a name has at most 253 characters" })
  .regex(new RegExp(`^${DNS_NAME}$`), { error: "a name is lower-case letters, digits, dashes and dots" });

/**
 * A path prefix of an entrance: what `HTTPPathMatch` of the Gateway API accepts for `PathPrefix`
 * (gateway-api, apis/v1/httproute_types.go), and Ingress as well.
 */
export const routePath = z
  .string()
  .startsWith("/")
  .max(1024, { error: "a path has at most 1024 characters" })
  .regex(/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/, {
    error: "a path is letters, digits and the characters of URLs, without spaces, `?` and `#`",
  })
  .regex(/^(?![\s\S]*(?:\/\/|\/\.{1,2}(?:\/|$)|%2[fF]))/, { error: "a path has no `//`, `/.`, `/..` or `%2f`" });

/** The path and query of an HTTP probe. */
export const probePath = z
  .string()
  .startsWith("/")
  .max(1024, { error: "a path has at most 1024 characters" })
  .regex(/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@?]|%[0-9a-fA-F]{2})+$/, {
    error: "a path is letters, digits and the characters of URLs, without spaces and `#`",
  });

/** An absolute path in a container. Kubernetes rejects `:` in `mountPath`. */
export const containerPath = z
  .string()
  .startsWith("/")
  .max(1024, { error: "a path has at most 1024 characters" })
  .regex(/^[^:\p{Cc}\u2028\u2029]+$/u, { error: "a path has no `:` and no control characters" });

const PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const DOMAIN_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const IMAGE = new RegExp(
  `^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*(?::[0-9]{1,5})?/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** The longest repository, with its host (distribution/reference, `RepositoryNameTotalLengthMax`). */
const MAX_REPOSITORY_LENGTH = 255;

/** A reference to an image, by the grammar of the registries (distribution/reference, reference.go). */
export const imageReference = z
  .string()
  .max(512, { error: "an image has at most 512 characters" })
  .regex(IMAGE, {
    error: "an image is a repository in lower case with a tag or digest, like ghcr.io/owner/name:1.4.2",
  })
  .refine((image) => image.replace(/@.*$/, "").replace(/:[^/:]*$/, "").length <= MAX_REPOSITORY_LENGTH, {
    error: `the repository of an image has at most ${MAX_REPOSITORY_LENGTH} characters`,
  });

/** A label of Kubernetes: an optional DNS prefix and a name of at most 63 characters. */
export const labelName = z
  .string()
  .max(317, { error: "a label has at most 317 characters" })
  .regex(new RegExp(`^(?:${DNS_NAME}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`), {
    error: "a label is like example.com/team: letters, digits, `-`, `_` and `.`, at most 63 after the prefix",
  });

const LABEL_VALUE = "[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";

export const labelValue = z.string().regex(new RegExp(`^(?:${LABEL_VALUE})?$`), {
  error: "the value of a label is at most 63 letters, digits, `-`, `_` and `.`",
});

/** A region, a zone or an instance type: Kubernetes writes it to a label of each node (kubernetes.io/docs/reference/labels-annotations-taints). */
export const nodeLabelValue = z.string().regex(new RegExp(`^${LABEL_VALUE}$`), {
  error: "a region, a zone or an instance type is 1 to 63 letters, digits, `-`, `_` and `.`",
});

/**
 * A text that becomes an argument beside options of a program: with a dash first it would be read as one of them, and a line
 * break or another control character ends or hides it in what prints it.
 */
export const argumentText = z.string().regex(/^(?!-)[^\p{Cc}\u2028\u2029\p{Surrogate}]*$/u, {
  error: "it must not begin with a dash, or contain control characters",
});

/** An argument or variable of a process: UTF-8, which the operating system ends at a NUL character. */
export const processText = z.string().regex(/^(?:\P{Surrogate}(?<!\0))*$/u, {
  error: "a process cannot receive a NUL character or half a surrogate pair",
});

/** The address of a Git repository, by HTTPS or SSH, without credentials: rendered files are read by others. */
export const repositoryUrl = z
  .string()
  .max(500, { error: "an address of a repository has at most 500 characters" })
  .regex(
    /^(?:https:\/\/|ssh:\/\/(?:[A-Za-z0-9._-]+@)?|[A-Za-z0-9._-]+@)[A-Za-z0-9][A-Za-z0-9.-]*[:/][A-Za-z0-9][A-Za-z0-9:/._~-]*$/,
    {
      error: "a repository is https://host/path, ssh://user@host/path or user@host:path, without a password",
    },
  );

/** A branch, tag or commit: the names that `git check-ref-format` accepts, without those that look like options. */
export const revision = z
  .string()
  .max(200, { error: "a revision has at most 200 characters" })
  .regex(/^(?!.*(?:\.\.|\/\/|@\{|\.lock$))[A-Za-z0-9][A-Za-z0-9._/@+-]*$/, {
    error: "a revision is a branch, a tag or a commit, such as main or v1.2.0",
  });

/** A folder of a repository, relative. */
export const repositoryFolder = z
  .string()
  .max(200, { error: "a folder has at most 200 characters" })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, {
    error: "a folder is a relative path such as deploy or platforms/shop",
  });
