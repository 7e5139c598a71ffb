# Apache Kafka 3.9.1, one KRaft node, from the jars that ci/bootstrap put in .tools/kafka. Sourced after common.sh.
# shellcheck shell=bash

kafka_brokers() { echo "127.0.0.1:${PORT[kafka]}"; }

kafka_java() { # jvm options and arguments
  java -cp "$TOOLS/kafka/libs/*" -Dlog4j.configuration="file:$ROOT/deploy/local/kafka/log4j.properties" "$@"
}

kafka_up() {
  local dir=$STATE/kafka
  if ! process_pid kafka > /dev/null; then
    command -v java > /dev/null || die "Kafka needs Java and there is none: run ci/bootstrap"
    require_port kafka
    require_port kafka_controller
    mkdir -p "$dir"
    sed -e "s|@PORT@|${PORT[kafka]}|g" -e "s|@CONTROLLER_PORT@|${PORT[kafka_controller]}|g" -e "s|@DATA@|$dir/data|g" \
      "$ROOT/deploy/local/kafka/server.properties" > "$dir/server.properties"
    if [ ! -f "$dir/data/meta.properties" ]; then
      say "Kafka: formatting $dir/data"
      rm -rf "$dir/data"
      # No + and /, nor the - and _ that a URL would have: an id that begins with - is taken for an option.
      [ -s "$dir/cluster-id" ] || openssl rand 16 | base64 | tr '+/' 'Ab' | cut -c1-22 > "$dir/cluster-id"
      kafka_java -Xmx64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC kafka.tools.StorageTool format -t "$(cat "$dir/cluster-id")" -c "$dir/server.properties" \
        > "$STATE/logs/kafka-format.log" 2>&1 || { log_tail "$STATE/logs/kafka-format.log"; die "Kafka's storage couldn't be formatted"; }
    fi
    process_start kafka java -cp "$TOOLS/kafka/libs/*" -Dlog4j.configuration="file:$ROOT/deploy/local/kafka/log4j.properties" \
      -Xms128m "-Xmx${MARQUEE_KAFKA_HEAP:-384m}" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
      kafka.Kafka "$dir/server.properties"
  fi
}

# Waits until the broker answers, and makes the topics of deploy/kafka/topics.txt. Gives up at once when Kafka ends.
kafka_topics() {
  local pid watcher applier first
  pid=$(process_pid kafka) || { log_tail "$STATE/logs/kafka.log"; die "Kafka isn't running: see $STATE/logs/kafka.log"; }
  [ -x "$BIN_DIR/marqueectl" ] || die "$BIN_DIR/marqueectl is missing: run ci/build marqueectl"
  "$BIN_DIR/marqueectl" topics apply --quiet --brokers "$(kafka_brokers)" --file "$ROOT/deploy/kafka/topics.txt" \
    --ratings-partitions "${MARQUEE_RATINGS_PARTITIONS:-8}" >&2 9>&- &
  applier=$!
  tail --pid="$pid" -s 0.2 -f /dev/null 9>&- &
  watcher=$!
  if wait -n -p first "$applier" "$watcher" && [ "$first" = "$applier" ]; then
    kill "$watcher"
    wait "$watcher" || true
    return
  fi
  kill "$applier" "$watcher" 2> /dev/null || true
  log_tail "$STATE/logs/kafka.log"
  die "Kafka isn't ready: see $STATE/logs/kafka.log"
}

kafka_down() { process_stop kafka 30; }
