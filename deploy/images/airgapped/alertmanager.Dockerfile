# Debian's Alertmanager 0.25 behind the contract of the official image prom/alertmanager: ci/images --airgapped.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates prometheus-alertmanager \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /var/lib/prometheus \
 && ln -s prometheus-alertmanager /usr/bin/alertmanager \
 && install -d -o 65534 -g 0 -m 775 /alertmanager
COPY deploy/images/airgapped/alertmanager/alertmanager.yml /etc/alertmanager/
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="alertmanager" org.opencontainers.image.description="Alertmanager of Debian, used as the official image is" \
      org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/marquee-recommender/marquee"
VOLUME /alertmanager
WORKDIR /alertmanager
USER 65534:65534
EXPOSE 9093
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
