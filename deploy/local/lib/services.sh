# The services as processes. Everything that differs between them stands in two places: the table, and service_env.
# Sourced after common.sh, postgres.sh and kafka.sh.
# shellcheck shell=bash

# name (folder under services/, binary marquee-NAME, key of PORT), database or -
SERVICE_TABLE='
auth           auth
catalog        catalog
rating_ingest  ratings
trainer        trainer
recommender    -
reviews        reviews
gateway        -
'
SERVICE_STOP_SECONDS=20

service_names() { awk 'NF {print $1}' <<< "$SERVICE_TABLE"; }
service_database() { awk -v name="$1" '$1 == name && $2 != "-" {print $2}' <<< "$SERVICE_TABLE"; }
is_service() { service_names | grep -qx -- "$1"; }
service_binary() { echo "$BIN_DIR/marquee-$1"; }

service_env() { # name → KEY=VALUE lines; all of a service's configuration
  local name=$1 database other
  echo "MARQUEE_LOG_LEVEL=${MARQUEE_LOG_LEVEL:-info}"
  if [ "$name" = gateway ]; then
    echo "MARQUEE_GATEWAY_LISTEN=127.0.0.1:${PORT[gateway]}"
    echo "MARQUEE_GATEWAY_SWAGGER_DIR=$TOOLS/node/node_modules/swagger-ui-dist"
  else
    echo "MARQUEE_GRPC_LISTEN=127.0.0.1:${PORT[$name]}"
  fi
  echo "MARQUEE_METRICS_LISTEN=127.0.0.1:${PORT[${name}_metrics]}"
  for other in auth catalog trainer recommender reviews; do
    echo "MARQUEE_${other^^}_ADDRESS=127.0.0.1:${PORT[$other]}"
  done
  echo "MARQUEE_RATINGS_ADDRESS=127.0.0.1:${PORT[rating_ingest]}"
  echo "MARQUEE_SERVICE_SECRET_FILE=$(secret_file "service-$name")"
  database=$(service_database "$name")
  [ -z "$database" ] || echo "MARQUEE_POSTGRES_URI_FILE=$STATE/secrets/postgres-$database.uri"
  case $name in
    auth)
      echo "MARQUEE_AUTH_SERVICE_SECRETS_FILE=$STATE/secrets/service-secrets"
      echo "MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE=$(secret_file auth-bootstrap)"
      echo "MARQUEE_AUTH_KEY_ENCRYPTION_SECRET_FILE=$(secret_file auth-key-encryption)"
      ;;
    trainer) echo "MARQUEE_ARTEFACT_DIR=$STATE/artefacts" ;;
    # Its own, for each suite: version 1 here is another model than version 1 there.
    recommender) echo "MARQUEE_ARTEFACT_CACHE_DIR=$STATE/cache/recommender" ;;
  esac
  case $name in auth | gateway) ;; *) echo "MARQUEE_KAFKA_BROKERS=$(kafka_brokers)" ;; esac
  # What a test or a curious person changes: $STATE/overrides/NAME.env, the last word on each variable.
  if [ -f "$STATE/overrides/$name.env" ]; then grep -E '^[A-Z_0-9]+=' "$STATE/overrides/$name.env" || true; fi
}

# auth's list of who may ask for a service token.
service_secrets_write() {
  local name file=$STATE/secrets/service-secrets
  [ ! -f "$file" ] || [ "$(wc -l < "$file")" != "$(service_names | wc -l)" ] || return 0
  (
    umask 077
    for name in $(service_names); do printf '%s:%s\n' "$name" "$(secret "service-$name")"; done > "$file.new"
    mv "$file.new" "$file"
  )
}

services_databases() {
  # shellcheck disable=SC2046  # one word each
  postgres_databases $(awk 'NF && $2 != "-" {print $2}' <<< "$SERVICE_TABLE")
}

# What the files ask for and what the database has: the same as after the last deploy means that there is nothing to do.
migrations_mark() { # service database
  (cd "$ROOT/services/$1/migrations" && cat sqitch.plan deploy/*.sql) | sha256sum
  psql -X -Atq "$(cat "$STATE/secrets/postgres-$2.uri")" 9>&- 2> /dev/null \
    -c 'SELECT change_id FROM sqitch.changes ORDER BY change_id' || echo "none"
}

# All databases at once: sqitch spends most of its time starting, which is why it isn't even asked when nothing changed.
services_migrate() {
  local name database pids=() names=() i failed='' mark
  for name in $(service_names); do
    database=$(service_database "$name")
    mark=$STATE/run/migrate-$name.mark
    [ -n "$database" ] && [ -f "$ROOT/services/$name/migrations/sqitch.plan" ] || continue
    if [ -f "$mark" ] && [ "$(migrations_mark "$name" "$database")" = "$(cat "$mark")" ]; then continue; fi
    "$ROOT/ci/migrate" "$name" "@$STATE/secrets/postgres-$database.uri" > "$STATE/logs/migrate-$name.log" 2>&1 9>&- &
    pids+=($!) names+=("$name")
  done
  for i in "${!pids[@]}"; do
    name=${names[$i]}
    if wait "${pids[$i]}"; then
      migrations_mark "$name" "$(service_database "$name")" > "$STATE/run/migrate-$name.mark"
    else
      failed+=" $name"
      log_tail "$STATE/logs/migrate-$name.log"
    fi
  done
  [ -z "$failed" ] || die "migrations failed:$failed (see $STATE/logs/migrate-*.log)"
}

# Starts a service that isn't running, restarts one whose binary or configuration has changed, and leaves the others.
service_up() { # name
  local name=$1 binary stamp env_file=$STATE/run/$1.env
  binary=$(service_binary "$name")
  [ -x "$binary" ] || die "$binary is missing: run ci/build marquee-$name"
  mkdir -p "$STATE/artefacts"
  service_secrets_write
  (umask 077; service_env "$name" > "$env_file")
  stamp=$(stat -c '%Y %s %i' "$binary" | cat - "$env_file" | sha256sum)
  if process_pid "$name" > /dev/null; then
    [ "$(cat "$STATE/run/$name.stamp" 2> /dev/null)" = "$stamp" ] && return
    say "$name: its binary or configuration has changed: restarting"
    service_down "$name"
  fi
  require_port "$name"
  require_port "${name}_metrics"
  # A clean environment: what is in the env file, and what the machine says about itself.
  local pass=() variable
  for variable in PATH HOME LANG TZ "${!OPENBLAS_@}" "${!OMP_@}" "${!ASAN_@}" "${!TSAN_@}"; do
    [ -z "${!variable+set}" ] || pass+=("$variable=${!variable}")
  done
  mapfile -t -O "${#pass[@]}" pass < "$env_file"
  process_start "$name" env -i "${pass[@]}" "$binary"
  echo "$stamp" > "$STATE/run/$name.stamp"
}

service_down() { process_stop "$1" "$SERVICE_STOP_SECONDS"; }

# Front first, so that nothing new comes in; then all others at once.
services_down() {
  local name pids=()
  service_down gateway
  for name in $(service_names); do
    [ "$name" != gateway ] || continue
    service_down "$name" &
    pids+=($!)
  done
  for name in "${pids[@]}"; do wait "$name" || true; done
}

service_probe() { # name → what wait_ready.py takes
  case $1 in
    gateway) echo "http://127.0.0.1:${PORT[gateway]}/readyz" ;;
    edge) echo "$(edge_address)/readyz" ;;
    *) echo "grpc://127.0.0.1:${PORT[$1]}" ;;
  esac
}

# Waits until each is ready; says which isn't and shows the end of its log.
services_wait() { # seconds name…
  local seconds=$1 name arguments=() failed
  shift
  for name in "$@"; do
    arguments+=("$name=$(service_probe "$name")=$(process_pid "$name" || echo 0)")
  done
  if ! failed=$("$PYTHON" "$ROOT/deploy/local/lib/wait_ready.py" --seconds "$seconds" "${arguments[@]}" 9>&-); then
    while IFS=: read -r name message; do
      say "$name:$message"
      log_tail "$STATE/logs/$name.log" 8
    done <<< "$failed"
    die "not ready: $(cut -d: -f1 <<< "$failed" | paste -sd' ') (logs in $STATE/logs)"
  fi
}
