# Kafka 3.9.1 from Maven Central's jars behind the contract of the official image apache/kafka: ci/images --airgapped.
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS jars
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates ca-certificates-java maven openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/*
# LICENSE is there so that the copy has something to do where no certificates are given.
COPY LICENSE .cache/images/trus[t]/*.crt /usr/local/share/ca-certificates/
RUN update-ca-certificates
COPY deploy/local/kafka/pom.xml /pom.xml
ARG MAVEN_MIRROR=https://repo.maven.apache.org/maven2
RUN mkdir -p /root/.m2 \
 && printf '<settings><mirrors><mirror><id>m</id><mirrorOf>central</mirrorOf><url>%s</url></mirror></mirrors></settings>' "$MAVEN_MIRROR" > /root/.m2/settings.xml \
 && mvn -q -B -ntp -f /pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/libs \
 && version=$(basename /libs/kafka_2.13-*.jar .jar) \
 && mvn -q -B -ntp -f /pom.xml dependency:copy "-Dartifact=org.apache.kafka:kafka-tools:${version#kafka_2.13-}" -DoutputDirectory=/libs

FROM ${BASE_IMAGE}
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && groupadd --gid 1000 appuser \
 && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /tmp --shell /bin/bash appuser \
 && install -d -o 1000 -g 0 -m 775 /opt/kafka /opt/kafka/config /opt/kafka/logs /var/lib/kafka/data /mnt/shared/config /etc/kafka/secrets
COPY --from=jars /libs /opt/kafka/libs
COPY deploy/images/airgapped/kafka/bin /opt/kafka/bin
COPY deploy/images/airgapped/kafka/docker /etc/kafka/docker
RUN ln -s kafka-class.sh /opt/kafka/bin/kafka-topics.sh \
 && for name in configs console-consumer console-producer consumer-groups storage broker-api-versions metadata-quorum get-offsets; do \
      ln -s kafka-class.sh "/opt/kafka/bin/kafka-$name.sh"; done
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="kafka" org.opencontainers.image.description="Apache Kafka 3.9.1, used as the official image is" \
      org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/marquee-recommender/marquee"
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
STOPSIGNAL SIGTERM
USER 1000:1000
EXPOSE 9092
CMD ["/etc/kafka/docker/run"]
