# PostgreSQL 15: a cluster of our own in $STATE/postgres, never the system's. Sourced after common.sh.
# shellcheck shell=bash
PG_BIN=${MARQUEE_PG_BIN:-/usr/lib/postgresql/15/bin}

# initdb and postgres refuse to run as root: as root they run as Debian's postgres user, else as whoever calls.
postgres_run() {
  if [ "$EUID" -eq 0 ]; then
    (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@" 9>&-)
  else
    (cd / && exec "$@" 9>&-)
  fi
}

# pg_ctl calls a killed postmaster running as long as nobody has collected its exit status, and postgres itself then
# refuses to start: a container whose first process collects nothing keeps such zombies for ever.
postgres_running() {
  local data file
  data=$(postgres_dir)/data
  file=$data/postmaster.pid
  [ -f "$file" ] && [[ $(process_state "$(head -n 1 "$file")") == [^Z] ]] &&
    postgres_run "$PG_BIN/pg_ctl" -D "$data" status > /dev/null 2>&1
}

# Where the cluster really is: $STATE/postgres, or what that links to.
postgres_dir() { readlink -m "$STATE/postgres"; }

# Makes the cluster's folder. Root's own folders are often closed to the postgres user (a checkout in /root): then it is
# in /var/lib/marquee, and $STATE/postgres links to it.
postgres_place() {
  local dir elsewhere
  [ -L "$STATE/postgres" ] || mkdir -p "$STATE/postgres"
  [ "$EUID" -eq 0 ] || return 0
  id postgres > /dev/null 2>&1 || die "PostgreSQL can't run as root and there is no user postgres: adduser --system --group postgres"
  dir=$(postgres_dir)
  if [ ! -L "$STATE/postgres" ] && [ -z "$(ls -A "$dir")" ] && ! postgres_run test -x "$dir"; then
    elsewhere=/var/lib/marquee/$(sha256sum <<< "$dir" | cut -c1-16)
    say "PostgreSQL: its user can't reach $dir: the cluster is in $elsewhere"
    # What may be there is of a state folder that is gone, and its passwords with it.
    rm -rf "$elsewhere"
    install -d -m 755 /var/lib/marquee "$elsewhere"
    rmdir "$dir"
    ln -s "$elsewhere" "$dir"
  fi
  # Somebody may have emptied /var/lib.
  dir=$(postgres_dir)
  mkdir -p "$dir"
  chown postgres: "$dir"
  postgres_run test -w "$dir" || die "user postgres can't reach $dir: allow it through the folders above (chmod a+x), or choose another MARQUEE_STATE_DIR"
}

postgres_wipe() { rm -rf "$(postgres_dir)" "$STATE/postgres" "$(postgres_socket_dir)"; }

# Unix socket paths end at 107 bytes; a deep state folder gets its socket in /tmp.
postgres_socket_dir() {
  local dir
  dir=$(postgres_dir)/socket
  [ "${#dir}" -le 80 ] || dir=/tmp/marquee-$(sha256sum <<< "$STATE" | cut -c1-16)
  echo "$dir"
}

postgres_admin_uri() { echo "postgresql://postgres:$(secret postgres-superuser)@127.0.0.1:${PORT[postgres]}/${1:-postgres}"; }
postgres_psql() { PGCONNECT_TIMEOUT=10 psql -X -q -v ON_ERROR_STOP=1 "$(postgres_admin_uri)" 9>&-; }

postgres_up() {
  [ -x "$PG_BIN/initdb" ] || die "PostgreSQL 15 isn't installed ($PG_BIN/initdb): run ci/bootstrap"
  postgres_running && return
  require_port postgres
  local dir data socket
  postgres_place
  dir=$(postgres_dir)
  data=$dir/data
  socket=$(postgres_socket_dir)
  mkdir -p "$socket"
  [ "$EUID" -ne 0 ] || chown postgres: "$socket"
  if [ ! -f "$data/PG_VERSION" ]; then
    say "PostgreSQL: creating a cluster in $data"
    rm -rf "$data.new"
    # initdb wants the password in a file, and the postgres user can't enter secrets/.
    # shellcheck disable=SC2016  # expanded by the inner shell
    secret postgres-superuser | postgres_run sh -c 'umask 077 && cat > "$1" && shift && exec "$@"' - "$dir/password" \
      "$PG_BIN/initdb" -D "$data.new" --username=postgres --pwfile="$dir/password" --auth=scram-sha-256 \
      --encoding=UTF8 --locale=C.UTF-8 --no-sync > "$STATE/logs/initdb.log" 2>&1 ||
      { log_tail "$STATE/logs/initdb.log"; die "initdb failed: see $STATE/logs/initdb.log"; }
    rm -f "$dir/password"
    mv "$data.new" "$data"
    echo "include 'marquee.conf'" | postgres_run tee -a "$data/postgresql.conf" > /dev/null
  fi
  if [ -f "$data/postmaster.pid" ] && [ "$(process_state "$(head -n 1 "$data/postmaster.pid")")" = Z ]; then
    rm -f "$data/postmaster.pid" "$socket"/.s.PGSQL.*
  fi
  postgres_conf "$socket" | postgres_run tee "$data/marquee.conf" > /dev/null
  if ! postgres_run "$PG_BIN/pg_ctl" -D "$data" -l "$dir/postgres.log" -w -t 60 start > "$STATE/logs/pg_ctl.log" 2>&1; then
    log_tail "$dir/postgres.log"
    die "PostgreSQL didn't start: see $dir/postgres.log"
  fi
}

# Light tuning for a machine that runs everything else too. MARQUEE_INFRA_EPHEMERAL=1 (tests, thrown away afterwards)
# gives up surviving a power cut; a killed process or server loses nothing either way.
postgres_conf() { # socket folder
  cat << EOF2
listen_addresses = '127.0.0.1'
port = ${PORT[postgres]}
unix_socket_directories = '$1'
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
log_min_duration_statement = 500
log_line_prefix = '%m [%p] %u@%d '
timezone = 'UTC'
EOF2
  [ -z "${MARQUEE_INFRA_EPHEMERAL:-}" ] || printf 'fsync = off\nfull_page_writes = off\n'
}

postgres_down() {
  postgres_running || return 0
  postgres_run "$PG_BIN/pg_ctl" -D "$(postgres_dir)/data" -m fast -w -t 60 stop > "$STATE/logs/pg_ctl.log" 2>&1 ||
    { log_tail "$STATE/logs/pg_ctl.log"; die "PostgreSQL didn't stop"; }
}

# As a power cut would: the postmaster and its children at once. Returns when they are gone, for `up` to come after.
postgres_kill() {
  postgres_running || return 0
  local postmaster pids pid deadline=$((SECONDS + 10))
  postmaster=$(head -n 1 "$(postgres_dir)/data/postmaster.pid")
  mapfile -t pids < <(echo "$postmaster"; pgrep -P "$postmaster")
  kill -KILL "${pids[@]}" 2> /dev/null || true
  for pid in "${pids[@]}"; do
    while [ -e "/proc/$pid" ] && [ "$(process_state "$pid")" != Z ]; do
      [ "$SECONDS" -lt "$deadline" ] || die "PostgreSQL (process $pid) can't be killed"
      sleep 0.02
    done
  done
}

# One role and one database of the same name for each service; nobody else may connect to it. All in one session.
postgres_databases() { # name…
  local name file
  for name in "$@"; do
    cat << EOF2
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', '$name', '$(secret "postgres-$name")')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', '$name', '$name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$name') \gexec
REVOKE ALL ON DATABASE "$name" FROM PUBLIC;
EOF2
  done | postgres_psql || die "the databases couldn't be made"
  for name in "$@"; do
    file=$STATE/secrets/postgres-$name.uri
    (umask 077; printf 'postgresql://%s:%s@127.0.0.1:%s/%s' "$name" "$(secret "postgres-$name")" "${PORT[postgres]}" "$name" > "$file.new" && mv "$file.new" "$file")
  done
}
