# Debian's nginx 1.22 behind the contract of the official image nginx: ci/images --airgapped.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN groupadd --system --gid 101 nginx \
 && useradd --system --uid 101 --gid 101 --no-create-home --home-dir /nonexistent --shell /bin/false nginx \
 && apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates gettext-base nginx-light \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /etc/nginx/sites-* /etc/nginx/modules-* \
 && install -d -o 101 -g 0 -m 775 /var/cache/nginx /var/lib/nginx /var/log/nginx /etc/nginx/conf.d \
 && install -d /docker-entrypoint.d /etc/nginx/templates /usr/share/nginx/html \
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
COPY deploy/images/airgapped/nginx/nginx.conf /etc/nginx/nginx.conf
COPY deploy/images/airgapped/nginx/default.conf /etc/nginx/conf.d/default.conf
COPY deploy/images/airgapped/nginx/docker-entrypoint.sh /
COPY deploy/images/airgapped/nginx/20-envsubst-on-templates.sh /docker-entrypoint.d/
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="nginx" org.opencontainers.image.description="nginx of Debian, used as the official image is" \
      org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" org.opencontainers.image.licenses="BSD-2-Clause" \
      org.opencontainers.image.source="https://github.com/marquee-recommender/marquee"
STOPSIGNAL SIGQUIT
EXPOSE 80
ENTRYPOINT ["/docker-entrypoint.sh"]
CMD ["nginx", "-g", "daemon off;"]
