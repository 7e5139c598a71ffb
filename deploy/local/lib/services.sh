# The services as processes, as deploy/suite.yaml declares them. Sourced after common.sh, postgres.sh and kafka.sh.
# shellcheck shell=bash
SERVICE_STOP_SECONDS=20

service_names() { suite_services; }
# What was made under the name of before keeps it: its password in the state folder tells.
service_database() { # name → its database, or nothing
  local name formerly
  read -r name formerly < <(suite_of "$1" database) || return 0
  if [ -n "${formerly:-}" ] && [ -s "$STATE/secrets/postgres-$formerly" ]; then name=$formerly; fi
  echo "$name"
}
is_service() { service_names | grep -qx -- "$1"; }
service_binary() { echo "$BIN_DIR/marquee-$1"; }

service_env() { # name → KEY=VALUE lines; all of a service's configuration
  local name=$1 database secret variable kept folder names next
  echo "MARQUEE_LOG_LEVEL=${MARQUEE_LOG_LEVEL:-info}"
  if [ -n "$(suite_port "$name" http)" ]; then
    echo "$(suite_variable "$name" LISTEN)=127.0.0.1:${PORT[$name]}"
    echo "$(suite_variable "$name" SWAGGER_DIR)=$TOOLS/node/node_modules/swagger-ui-dist"
    # One person's requests here may be a load test's: far above what the gateway lets pass by itself.
    echo "$(suite_variable "$name" USER_REQUESTS)=1000000"
    echo "$(suite_variable "$name" API_KEY_REQUESTS)=1000000"
  else
    echo "MARQUEE_GRPC_LISTEN=127.0.0.1:${PORT[$name]}"
  fi
  echo "MARQUEE_METRICS_LISTEN=127.0.0.1:${PORT[${name}_metrics]}"
  services_addresses
  echo "MARQUEE_SERVICE_SECRET_FILE=$(secret_file "service-$name")"
  database=$(service_database "$name")
  [ -z "$database" ] || echo "MARQUEE_POSTGRES_URI_FILE=$STATE/secrets/postgres-$database.uri"
  variable=$(suite_of "$name" service_secrets)
  # Everybody here comes from this machine: one test's wrong passwords keep no other waiting.
  [ -z "$variable" ] || echo "MARQUEE_AUTH_NETWORKS_OF_MANY=127.0.0.0/8,::1"
  [ -z "$variable" ] || echo "${variable}_FILE=$STATE/secrets/service-secrets"
  variable=$(suite_of "$name" public_address)
  [ -z "$variable" ] || echo "$variable=$(edge_address)"
  while read -r secret variable; do
    echo "${variable}_FILE=$(secret_file "$name-$secret")"
  done < <(suite_of "$name" secret)
  while read -r variable names; do echo "$variable=$names"; done < <(suite_of "$name" writers_of)
  next=$(suite_of "$name" export_next)
  [ -z "$next" ] || echo "MARQUEE_EXPORT_NEXT=$next"
  # A cache is its own, for each suite: version 1 here is another model than version 1 there.
  while read -r _ kept variable folder; do
    if [ "$kept" = kept ]; then echo "$variable=$STATE/$folder"; else echo "$variable=$STATE/cache/$name"; fi
  done < <(suite_of "$name" volume)
  while read -r variable folder; do echo "$variable=$STATE/$folder"; done < <(suite_of "$name" volume_of_before)
  [ -z "$(suite_of "$name" reads; suite_of "$name" writes)" ] || echo "MARQUEE_KAFKA_BROKERS=$(kafka_brokers)"
  # What a test or a curious person changes: $STATE/overrides/NAME.env, the last word on each variable.
  if [ -f "$STATE/overrides/$name.env" ]; then grep -E '^[A-Z_0-9]+=' "$STATE/overrides/$name.env" || true; fi
}

# Where each is called: VARIABLE=host:port.
services_addresses() {
  local name
  for name in $(suite_all port | awk '$2 == "grpc" {print $1}'); do
    echo "$(suite_variable "$name" ADDRESS)=127.0.0.1:${PORT[$name]}"
  done
}

# auth's list of who may ask for a service token.
service_secrets_write() {
  local name file=$STATE/secrets/service-secrets
  (
    umask 077
    for name in $(service_names); do printf '%s:%s\n' "$name" "$(secret "service-$name")"; done > "$file.new"
    if cmp -s "$file.new" "$file"; then rm "$file.new"; else mv "$file.new" "$file"; fi
  )
}

services_databases() {
  local names=() name
  for name in $(suite_databases); do names+=("$(service_database "$name")"); done
  postgres_databases "${names[@]}"
}

# What the files ask for and what the database has: the same as after the last deploy means that there is nothing to do.
migrations_mark() { # service database
  (cd "$ROOT/services/$1/migrations" && cat sqitch.plan deploy/*.sql) | sha256sum
  psql -X -Atq "$(cat "$STATE/secrets/postgres-$2.uri")" 9>&- 2> /dev/null \
    -c 'SELECT change_id FROM sqitch.changes ORDER BY change_id' || echo "none"
}

# MARQUEE_MIGRATIONS_CACHE, for tests, which make dozens of suites: a folder where it is kept what a service's migrations
# make of an empty database. sqitch takes seconds for that, psql a tenth.
service_migrate() { # service @file
  local uri made
  uri=$(cat "${2#@}")
  if [ -z "${MARQUEE_MIGRATIONS_CACHE:-}" ] || [ "$(psql -X -Atq "$uri" -c "SELECT to_regnamespace('sqitch') IS NULL")" != t ]; then
    "$ROOT/ci/migrate" "$1" "$2"
    return
  fi
  made=$MARQUEE_MIGRATIONS_CACHE/$1-$( (cat "$ROOT/ci/migrate" && cd "$ROOT/services/$1/migrations" && cat sqitch.plan deploy/*.sql) | sha256sum | cut -c1-16).sql
  if [ -f "$made" ]; then
    psql -X -q -1 -v ON_ERROR_STOP=1 "$uri" -f "$made" > /dev/null
    return
  fi
  "$ROOT/ci/migrate" "$1" "$2" && mkdir -p "$MARQUEE_MIGRATIONS_CACHE" &&
    "$PG_BIN/pg_dump" --no-owner --dbname "$uri" --file "$made.$BASHPID" && mv "$made.$BASHPID" "$made"
}

# All databases at once: sqitch spends most of its time starting, which is why it isn't even asked when nothing changed.
services_migrate() {
  local name database pids=() names=() i failed='' mark
  for name in $(service_names); do
    database=$(service_database "$name")
    mark=$STATE/run/migrate-$name.mark
    [ -n "$database" ] && [ -f "$ROOT/services/$name/migrations/sqitch.plan" ] || continue
    if [ -f "$mark" ] && [ "$(migrations_mark "$name" "$database")" = "$(cat "$mark")" ]; then continue; fi
    service_migrate "$name" "@$STATE/secrets/postgres-$database.uri" > "$STATE/logs/migrate-$name.log" 2>&1 9>&- &
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
  service_secrets_write
  (umask 077; service_env "$name" > "$env_file")
  # auth reads its list at its start: a service more is a change of its configuration.
  stamp=$( (stat -c '%Y %s %i' "$binary"; cat "$env_file"; [ -z "$(suite_of "$name" service_secrets)" ] || cat "$STATE/secrets/service-secrets") | sha256sum)
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
  local name pids=() front
  front=$(suite_all port | awk '$2 == "http" {print $1}')
  service_down "$front"
  for name in $(service_names) $(services_forgotten); do
    [ "$name" != "$front" ] || continue
    service_down "$name" &
    pids+=($!)
  done
  for name in "${pids[@]}"; do wait "$name" || true; done
}

# Processes of ours under names that the suite has no more.
services_forgotten() {
  local file name
  for file in "$STATE"/run/*.env; do
    name=$(basename "$file" .env)
    if [ -f "$file" ] && ! is_service "$name"; then echo "$name"; fi
  done
}
services_forget() {
  local name
  for name in $(services_forgotten); do
    service_down "$name"
    rm -f "$STATE/run/$name.env"
  done
}

service_probe() { # name → what wait_ready.py takes
  case $1 in
    edge) echo "$(edge_address)/readyz" ;;
    *) if [ -n "$(suite_port "$1" http)" ]; then echo "http://127.0.0.1:${PORT[$1]}/readyz"; else echo "grpc://127.0.0.1:${PORT[$1]}"; fi ;;
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
