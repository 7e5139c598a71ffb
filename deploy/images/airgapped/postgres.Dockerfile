# Debian's PostgreSQL 15 behind the contract of the official image postgres:15: ci/images --airgapped.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
# The account first, with the official image's ids; the package then takes it as it is, and makes no cluster.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates libnss-wrapper postgresql-15 xz-utils zstd \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" /usr/share/postgresql/15/postgresql.conf.sample \
 && install -d -o 999 -g 999 -m 3777 /var/run/postgresql \
 && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql/data \
 && install -d /docker-entrypoint-initdb.d
COPY deploy/images/airgapped/postgres/docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin \
    LANG=C.UTF-8 PG_MAJOR=15 PGDATA=/var/lib/postgresql/data
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="postgres" org.opencontainers.image.description="PostgreSQL 15 of Debian, used as the official image is" \
      org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" org.opencontainers.image.licenses="PostgreSQL" \
      org.opencontainers.image.source="https://github.com/marquee-recommender/marquee"
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
