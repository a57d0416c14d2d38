# The one image of Samsa: node, tools and (later) operator are commands of `samsa`.
# Runs as a plain user on a read-only root file system; data goes to what is mounted at /data.

ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# Compiles with the development packages; nothing of this stage ships but dist/.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY proto/package.json proto/
COPY raft/package.json raft/
COPY controller/package.json controller/
COPY broker/package.json broker/
COPY cli/package.json cli/
COPY client/package.json client/
COPY operator/package.json operator/
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY . .
RUN npm run build

# The packages that dist/ does not hold already, as the lockfile has them.
FROM ${NODE_IMAGE} AS packages
WORKDIR /build
COPY --from=build /build/dist/package.json /build/dist/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts --omit=dev \
 && rm -rf node_modules/.bin node_modules/.package-lock.json

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="samsa" \
      org.opencontainers.image.description="Kafka-compatible event streaming" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=packages /build/node_modules /opt/samsa/node_modules
COPY --from=build /build/dist /opt/samsa/dist
COPY LICENSE /opt/samsa/LICENSE
RUN ln -s ../../../opt/samsa/dist/cli/main.js /usr/local/bin/samsa \
 && install -d -o 1000 -g 1000 /data
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 9092
ENTRYPOINT ["samsa"]
CMD ["--help"]
