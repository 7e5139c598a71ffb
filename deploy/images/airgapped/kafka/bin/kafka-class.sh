#!/usr/bin/env bash
# Kafka's command-line programs: the name that this is called by says which.
set -euo pipefail
case $(basename "$0" .sh) in
  kafka-topics) class=org.apache.kafka.tools.TopicCommand ;;
  kafka-configs) class=kafka.admin.ConfigCommand ;;
  kafka-console-consumer) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer) class=org.apache.kafka.tools.ConsoleProducer ;;
  kafka-consumer-groups) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  kafka-storage) class=kafka.tools.StorageTool ;;
  kafka-broker-api-versions) class=kafka.admin.BrokerApiVersionsCommand ;;
  kafka-metadata-quorum) class=org.apache.kafka.tools.MetadataQuorumCommand ;;
  kafka-get-offsets) class=org.apache.kafka.tools.GetOffsetShell ;;
  *) echo "$0: no program of that name" >&2; exit 2 ;;
esac
# KAFKA_HEAP_OPTS is the broker's own; a program run beside it in its container takes little and starts fast.
# shellcheck disable=SC2086  # options are words
exec java ${KAFKA_TOOLS_HEAP_OPTS:--Xmx128m} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  -Dlog4j.configuration=file:/etc/kafka/docker/tools-log4j.properties ${KAFKA_OPTS:-} -cp '/opt/kafka/libs/*' "$class" "$@"
