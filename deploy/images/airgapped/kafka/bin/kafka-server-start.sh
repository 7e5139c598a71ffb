#!/usr/bin/env bash
# The broker: kafka-server-start.sh server.properties. KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS and
# KAFKA_OPTS are the JVM's. No garbage collection log unless KAFKA_GC_LOG_OPTS asks for one.
set -euo pipefail
# shellcheck disable=SC2086  # options are words
exec java ${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G} \
  ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35} \
  -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true ${KAFKA_GC_LOG_OPTS:-} \
  ${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:/opt/kafka/config/log4j.properties} -Dkafka.logs.dir=/opt/kafka/logs \
  ${KAFKA_OPTS:-} -cp '/opt/kafka/libs/*' kafka.Kafka "$@"
