#!/usr/bin/env bash
# What the official PostgreSQL image does when it starts, for Debian's packages: an empty PGDATA becomes a cluster with
# POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, and the files of /docker-entrypoint-initdb.d run in it once.
# POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD and …_FILE as there. Other commands run as
# they are.
set -euo pipefail

say() { printf 'postgres: %s\n' "$*" >&2; }

# NAME, or what the file NAME_FILE holds; never both.
from_file() { # name [default]
  local name=$1 file=$1_FILE value=${2:-}
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then say "both $name and $file are set: choose one"; exit 1; fi
  if [ -n "${!name:-}" ]; then value=${!name}; elif [ -n "${!file:-}" ]; then value=$(cat "${!file}"); fi
  export "$name=$value"
  unset "$file"
}

psql_init() { # argument…
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        if [ -x "$file" ]; then
          say "running $file"
          "$file"
        else
          say "sourcing $file"
          # shellcheck source=/dev/null
          . "$file"
        fi
        ;;
      *.sql) say "running $file"; psql_init --dbname "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) say "running $file"; gunzip -c "$file" | psql_init --dbname "$POSTGRES_DB" ;;
      *.sql.xz) say "running $file"; xzcat "$file" | psql_init --dbname "$POSTGRES_DB" ;;
      *.sql.zst) say "running $file"; zstd -dc "$file" | psql_init --dbname "$POSTGRES_DB" ;;
      /docker-entrypoint-initdb.d/\*) ;;
      *) say "ignoring $file" ;;
    esac
  done
}

# initdb asks for the name of whoever runs it, and any id may; as in the official image, it gets one for as long.
named_user() {
  local library passwd group
  ! getent passwd "$(id -u)" > /dev/null || return 0
  library=$(find /usr/lib /lib -name libnss_wrapper.so -print -quit 2> /dev/null)
  [ -n "$library" ] || { say "user id $(id -u) has no name in this image: run it as 999"; exit 1; }
  passwd=$(mktemp) group=$(mktemp)
  printf 'postgres:x:%s:%s:PostgreSQL:%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" > "$passwd"
  printf 'postgres:x:%s:\n' "$(id -g)" > "$group"
  export LD_PRELOAD=$library NSS_WRAPPER_PASSWD=$passwd NSS_WRAPPER_GROUP=$group
}

make_cluster() { # postgres's arguments
  local method=${POSTGRES_HOST_AUTH_METHOD:-} more=()
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    say "the data folder $PGDATA is empty and no password is given for the superuser:"
    say "set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"
    exit 1
  fi
  # As the official image has it: the arguments are words for a shell.
  eval "more=(${POSTGRES_INITDB_ARGS:-})"
  [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || more+=(--waldir "$POSTGRES_INITDB_WALDIR")
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${more[@]}" >&2

  [ -n "$method" ] || method=$(postgres -C password_encryption "$@")
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"

  # By socket alone: nobody is served before the cluster is whole.
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -w start \
    -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")" >&2
  export PGPASSWORD=$POSTGRES_PASSWORD
  if [ "$(psql_init --dbname postgres -Atq --set "db=$POSTGRES_DB" <<< "SELECT 1 FROM pg_database WHERE datname = :'db'")" != 1 ]; then
    psql_init --dbname postgres --set "db=$POSTGRES_DB" <<< 'CREATE DATABASE :"db"' >&2
  fi
  run_init_files
  unset PGPASSWORD
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop >&2
  say "the cluster is made"
}

main() {
  [ "${1:0:1}" != - ] || set -- postgres "$@"
  if [ "$1" != postgres ]; then exec "$@"; fi
  case " $* " in *' --help '* | *' -? '* | *' --version '* | *' -V '* | *' -C '* | *' --describe-config '*) exec "$@" ;; esac

  mkdir -p "$PGDATA"
  if [ "$(id -u)" = 0 ]; then
    # postgres refuses to run as root: the folders are given to its account, and all begins again as that.
    find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
  fi
  # A volume of Kubernetes may belong to another: then it is postgres that says so.
  chmod 00700 "$PGDATA" 2> /dev/null || true
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    named_user
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    make_cluster "${@:2}"
  fi
  unset POSTGRES_PASSWORD
  if [ -n "${NSS_WRAPPER_PASSWD:-}" ]; then
    rm -f "$NSS_WRAPPER_PASSWD" "$NSS_WRAPPER_GROUP"
    unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  fi
  exec "$@"
}

main "$@"
