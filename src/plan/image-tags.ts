/** The image of one version line: its newest release when the table was renewed. */
export interface ExactImage {
  readonly tag: string;
  /** The digest of the image index for all processor architectures; absent where none could be read. */
  readonly digest?: string;
}

/** The images of one product that Keelson renders. */
export interface ImageProduct {
  readonly repository: string;
  /**
   * How its tags are written: `{version}` is the version line and what follows it (`17` → `17.11`), `{line}` is the line alone,
   * `{release}` any dotted number, `{build}` the date of a build, `{debian}` the name of the base distribution.
   */
  readonly pattern: string;
  /** Where the tags were read, and when: `npm run images` sets the registry and the date. */
  readonly source: string;
  /** The newest image of each version line; `any` for a product without a declared version. */
  readonly lines: Readonly<Record<string, ExactImage>>;
}

/**
 * Every image that Keelson renders besides those of the platform file. `npm run images` renews the lines from the tag lists of
 * the registries and reads the digests of products that never publish a tag twice.
 */
export const IMAGE_TAGS = {
  postgres: {
    repository: "docker.io/library/postgres",
    pattern: "{version}-bookworm",
    source: "docker-library/official-images, library/postgres at 37079fb (2026-08-21), read 2026-11-30",
    lines: {
      "13": { tag: "13.23-bookworm" },
      "14": { tag: "14.24-bookworm" },
      "15": { tag: "15.19-bookworm" },
      "16": { tag: "16.15-bookworm" },
      "17": { tag: "17.11-bookworm" },
      "18": { tag: "18.6-bookworm" },
    },
  },
  pgvector: {
    repository: "docker.io/pgvector/pgvector",
    pattern: "{release}-pg{line}-bookworm",
    source: "pgvector/pgvector, tag v0.8.6 (2026-07-29), read 2026-11-30",
    lines: {
      "14": { tag: "0.8.6-pg14-bookworm" },
      "15": { tag: "0.8.6-pg15-bookworm" },
      "16": { tag: "0.8.6-pg16-bookworm" },
      "17": { tag: "0.8.6-pg17-bookworm" },
      "18": { tag: "0.8.6-pg18-bookworm" },
    },
  },
  timescaledb: {
    repository: "docker.io/timescale/timescaledb",
    pattern: "{release}-pg{line}",
    source: "timescale/timescaledb, release 2.30.2 for PostgreSQL 16 to 18, read 2026-11-30",
    lines: {
      "16": { tag: "2.30.2-pg16" },
      "17": { tag: "2.30.2-pg17" },
      "18": { tag: "2.30.2-pg18" },
    },
  },
  cloudnativePg: {
    repository: "ghcr.io/cloudnative-pg/postgresql",
    pattern: "{version}-{build}-standard-bookworm",
    source: "cloudnative-pg/artifacts, catalog-standard-bookworm.yaml at da87904 (2026-08-17), read 2026-11-30",
    lines: {
      "14": {
        tag: "14.24-202608170814-standard-bookworm",
        digest: "sha256:079783b585ec65ecb77702fb602053f9b0b4dc0e5b55c65faee43f21ce0d8380",
      },
      "15": {
        tag: "15.19-202608170814-standard-bookworm",
        digest: "sha256:26ba4982eec1879a5fee632ccccdf37ff709250b1740e2a803468c5d34e98043",
      },
      "16": {
        tag: "16.15-202608170814-standard-bookworm",
        digest: "sha256:0d51ec3786f2b3c7022756c32e04cc5d575f4666c51599ef5b08552529bfac6d",
      },
      "17": {
        tag: "17.11-202608170816-standard-bookworm",
        digest: "sha256:968fde04bca2be879ca14e1614a3987e149b77b42a51fe460fff252f3e145fce",
      },
      "18": {
        tag: "18.6-202608170814-standard-bookworm",
        digest: "sha256:9446e83aa490df3f14ebf5bf2f6002a1347728690ff38f35dd7a85b925a62468",
      },
    },
  },
  redis: {
    repository: "docker.io/library/redis",
    pattern: "{version}-{debian}",
    source: "docker-library/official-images, library/redis at 37079fb (2026-08-21), read 2026-11-30",
    lines: {
      "6": { tag: "6.2.24-bookworm" },
      "7": { tag: "7.4.11-bookworm" },
      "8": { tag: "8.10.1-trixie" },
      "6.2": { tag: "6.2.24-bookworm" },
      "7.2": { tag: "7.2.16-bookworm" },
      "7.4": { tag: "7.4.11-bookworm" },
      "8.0": { tag: "8.0.6-bookworm" },
      "8.2": { tag: "8.2.9-bookworm" },
      "8.4": { tag: "8.4.6-trixie" },
      "8.6": { tag: "8.6.6-trixie" },
      "8.8": { tag: "8.8.2-trixie" },
      "8.10": { tag: "8.10.1-trixie" },
    },
  },
  rabbitmq: {
    repository: "docker.io/library/rabbitmq",
    pattern: "{version}",
    source: "docker-library/official-images, library/rabbitmq at 37079fb (2026-08-21), read 2026-11-30",
    lines: {
      "3": { tag: "3.13.7" },
      "4": { tag: "4.3.5" },
      "3.13": { tag: "3.13.7" },
      "4.0": { tag: "4.0.9" },
      "4.1": { tag: "4.1.8" },
      "4.2": { tag: "4.2.9" },
      "4.3": { tag: "4.3.5" },
    },
  },
  versitygw: {
    repository: "ghcr.io/versity/versitygw",
    pattern: "v{release}",
    source: "versity/versitygw, release v1.8.0 (2026-09-04) and its index digest, read 2026-11-30",
    lines: {
      any: { tag: "v1.8.0", digest: "sha256:30292fc2eeacc67a36993b01f7a7a5e3361a19cced0e80c1d71cfa2a4b0a2499" },
    },
  },
  ollama: {
    repository: "docker.io/ollama/ollama",
    pattern: "{release}",
    source: "ollama/ollama, release v0.35.1 and its index digest, read 2026-11-30",
    lines: {
      any: { tag: "0.35.1", digest: "sha256:292ee7945dfc3d5840a181f3ab86fedb1e66703e02c8af98b50f4da56b7e278c" },
    },
  },
  vllm: {
    repository: "docker.io/vllm/vllm-openai",
    pattern: "v{release}",
    source: "vllm-project/vllm, release v0.31.0 (2026-10) and its index digest, read 2026-11-30",
    lines: {
      any: { tag: "v0.31.0", digest: "sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3" },
    },
  },
} as const satisfies Readonly<Record<string, ImageProduct>>;
