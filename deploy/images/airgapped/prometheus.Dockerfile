# Debian's Prometheus 2.42 behind the contract of the official image prom/prometheus: ci/images --airgapped.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates prometheus \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /var/lib/prometheus /etc/prometheus/prometheus.yml \
 && install -d -o 65534 -g 0 -m 775 /prometheus
COPY deploy/images/airgapped/prometheus/prometheus.yml /etc/prometheus/
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="prometheus" org.opencontainers.image.description="Prometheus of Debian, used as the official image is" \
      org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/marquee-recommender/marquee"
VOLUME /prometheus
WORKDIR /prometheus
USER 65534:65534
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
