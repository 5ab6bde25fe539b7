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
 * the registries and reads their digests. Docker's official images are built again under the same tag when their base changes: a
 * digest names one build.
 */
export const IMAGE_TAGS = {
  postgres: {
    repository: "docker.io/library/postgres",
    pattern: "{version}-bookworm",
    source: "docker-library/official-images at 37079fb, digests: repo-info (2026-09), read 2026-11-30",
    lines: {
      "13": { tag: "13.23-bookworm" },
      "14": { tag: "14.24-bookworm" },
      "15": { tag: "15.19-bookworm" },
      "16": {
        tag: "16.15-bookworm",
        digest: "sha256:efedf3595f1d6f415c08568ba171029bf54052e754cc9f030e3f2412b21f3d67",
      },
      "17": {
        tag: "17.11-bookworm",
        digest: "sha256:639ab7ceb90e13123085b741fb31ef493fba25463002f6da665352e7b534b652",
      },
      "18": { tag: "18.6-bookworm", digest: "sha256:3725f4e2499eef5134592b3b4ab79a543ed7f8e533b05b5b637af926630f6650" },
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
    source: "docker-library/official-images at 37079fb, digests: repo-info (2026-09), read 2026-11-30",
    lines: {
      "6": { tag: "6.2.24-bookworm" },
      "7": {
        tag: "7.4.11-bookworm",
        digest: "sha256:c6eabf748fc7a61dbb5a705c78bcf3d6377b1127a97d0ce965c11c44ba46896f",
      },
      "8": { tag: "8.10.1-trixie", digest: "sha256:8a1efc5f479551822b47424ccae982026b633f28818eab0387348120a61e10e2" },
      "6.2": { tag: "6.2.24-bookworm" },
      "7.2": {
        tag: "7.2.16-bookworm",
        digest: "sha256:0637954999d01b7c9ce9167db2da50656e2590d3b884f1c600c5f63bb6e6773c",
      },
      "7.4": {
        tag: "7.4.11-bookworm",
        digest: "sha256:c6eabf748fc7a61dbb5a705c78bcf3d6377b1127a97d0ce965c11c44ba46896f",
      },
      "8.0": { tag: "8.0.6-bookworm" },
      "8.2": {
        tag: "8.2.9-bookworm",
        digest: "sha256:66b7f4c2f3c6ef1b298bbd7b13c806bc6f71e61f1136a4f58710daf2cb053b21",
      },
      "8.4": { tag: "8.4.6-trixie" },
      "8.6": { tag: "8.6.6-trixie" },
      "8.8": { tag: "8.8.2-trixie" },
      "8.10": {
        tag: "8.10.1-trixie",
        digest: "sha256:8a1efc5f479551822b47424ccae982026b633f28818eab0387348120a61e10e2",
      },
    },
  },
  rabbitmq: {
    repository: "docker.io/library/rabbitmq",
    pattern: "{version}",
    source: "docker-library/official-images at 37079fb, digests: repo-info (2026-09), read 2026-11-30",
    lines: {
      "3": { tag: "3.13.7" },
      "4": { tag: "4.3.5", digest: "sha256:1773ab33af6af1bbae4a3b1070472c863e669806a9ac63a627c02a44b3a59dcf" },
      "3.13": { tag: "3.13.7" },
      "4.0": { tag: "4.0.9" },
      "4.1": { tag: "4.1.8" },
      "4.2": { tag: "4.2.9", digest: "sha256:ed3b6942a720f4319ab4fe63802c80a20fb65143af2e814150252e8ce4d68c39" },
      "4.3": { tag: "4.3.5", digest: "sha256:1773ab33af6af1bbae4a3b1070472c863e669806a9ac63a627c02a44b3a59dcf" },
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
  prometheus: {
    repository: "docker.io/prom/prometheus",
    pattern: "v{release}",
    source: "prometheus/prometheus, release v3.14.0 (2026-08-17), read 2026-11-30",
    lines: {
      any: { tag: "v3.14.0" },
    },
  },
  grafana: {
    repository: "docker.io/grafana/grafana",
    pattern: "{release}",
    source: "grafana/grafana, release v13.2.0 (2026-08-18), read 2026-11-30",
    lines: {
      any: { tag: "13.2.0" },
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
