# Sourced by backup and restore: where the databases are, and how to reach them.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by those who source this
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$ROOT/deploy/suite.sh"
# From those who call to those who are called. What refers to something comes before what it refers to: a snapshot taken
# later knows all that an earlier one names.
mapfile -t SERVICES < <(suite_services | tac)
mapfile -t DATABASES < <(suite_all database | awk '{print $2}' | tac)
# How far their consumers have come in the topics that they apply is in them.
mapfile -t FOLLOWING < <(suite_all database | while read -r service name _; do [ -z "$(suite_of "$service" applies)" ] || echo "$name"; done)
REPLICAS_NOTE=marquee.dev/replicas-before-restore
PG_SUPERUSER=${MARQUEE_BACKUP_PG_USER:-postgres}
PG_PREFIX=${MARQUEE_BACKUP_PG_PREFIX:-} # the chart's postgresql.prefix
RELEASE=marquee FULL='' TRAINER='' # the trainer's Deployment, as JSON
MODE='' STATE='' NAMESPACE='' URI_DIR='' POD=''
work='' # of the caller, private, removed at its end

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
need() { local tool; for tool in "$@"; do command -v "$tool" > /dev/null || die "$tool is missing: install it"; done; }

# Takes one option of those that both commands know, and sets `taken` to how many words it was; 0: not one of ours.
location_option() { # option [value…]
  taken=2
  case $1 in
    --local)
      MODE='local' STATE=$ROOT/.state/local taken=1
      if [ $# -gt 1 ] && [ -d "$2" ]; then STATE=$2 taken=2; fi
      ;;
    --namespace) NAMESPACE=${2:?--namespace takes a name} ;;
    --release) RELEASE=${2:?--release takes a name} ;;
    --uri-dir) URI_DIR=${2:?--uri-dir takes a folder} ;;
    # Of the time when the artefacts lay on a volume.
    --artefacts | --image) say "$1 ${2:?$1 takes a value}: isn't needed any more" ;;
    *) taken=0 ;;
  esac
}

# Where things are, from the options. Every problem is one line, before anything was changed.
location_init() {
  [ -z "$NAMESPACE" ] || MODE=kubernetes
  [ -n "$MODE" ] || { [ -n "$URI_DIR" ] && MODE=uri; } ||
    die "say where Marquee is: --local [STATE], --namespace NS, or --uri-dir DIR (see --help)"
  case $MODE in
    local)
      STATE=$(cd "$STATE" 2> /dev/null && pwd) && [ -f "$STATE/ports.env" ] || die "nothing was started in $STATE"
      URI_DIR=$STATE/secrets
      ;;
    kubernetes)
      need kubectl
      kubectl get namespace "$NAMESPACE" > /dev/null || die "there is no namespace $NAMESPACE in this cluster"
      # What the chart made of the release's name is asked, not guessed: it may have been cut, or given.
      TRAINER=$(kube get deployment -l "app.kubernetes.io/name=marquee,app.kubernetes.io/instance=$RELEASE,app.kubernetes.io/component=trainer" -o json) ||
        die "the namespace $NAMESPACE can't be read"
      FULL=$(jq -r '.items[0].metadata.name // "" | rtrimstr("-trainer")' <<< "$TRAINER")
      [ -n "$FULL" ] || die "there is no release $RELEASE of Marquee in the namespace $NAMESPACE: name it with --release (helm list --namespace $NAMESPACE)"
      [ -n "$URI_DIR" ] || POD=$FULL-postgresql-0
      ;;
    uri) ;;
  esac
  if [ -z "$POD" ]; then
    need psql pg_dump pg_restore
    local name
    for name in "${DATABASES[@]}"; do [ -s "$(uri_file "$name")" ] || die "$(uri_file "$name") is missing: it holds the URI of the database $name"; done
  fi
}

# An installation of before calls it otherwise.
formerly() { suite_all database | awk -v name="$1" '$2 == name {print $3}'; } # database

uri_file() { # database
  local name prefix=''
  [ "$MODE" != local ] || prefix=postgres-
  for name in "$1" $(formerly "$1"); do
    if [ -s "$URI_DIR/$prefix$name.uri" ]; then echo "$URI_DIR/$prefix$name.uri"; return; fi
  done
  echo "$URI_DIR/$prefix$1.uri"
}

# What the bundled server calls it.
database_name() { # database
  local former names
  former=$(formerly "$1")
  if [ -n "$former" ]; then
    names=$(kube exec "$POD" -- psql -X -Atq -U "$PG_SUPERUSER" -d postgres -c 'SELECT datname FROM pg_database' < /dev/null)
    if ! grep -qx -- "$PG_PREFIX$1" <<< "$names" && grep -qx -- "$PG_PREFIX$former" <<< "$names"; then echo "$PG_PREFIX$former"; return; fi
  fi
  echo "$PG_PREFIX$1"
}

kube() { kubectl --namespace "$NAMESPACE" "$@"; }

# How a program of PostgreSQL's finds a database: its arguments, in $to_database. The password travels by PGPASSWORD,
# never on a command line.
to_database=()
connection() { # database
  local uri
  if [ -n "$POD" ]; then
    to_database=(-U "$PG_SUPERUSER" -d "$(database_name "$1")")
  else
    uri=$(cat "$(uri_file "$1")")
    if [[ $uri =~ ^(postgres(ql)?://[^:@/]+):([^@/]*)@(.*)$ ]]; then
      printf -v PGPASSWORD '%b' "${BASH_REMATCH[3]//%/\\x}"
      export PGPASSWORD
      uri=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    fi
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
    to_database=(-d "$uri")
  fi
}

# Where PostgreSQL's programs run: in its pod, or here.
at_postgres() { if [ -n "$POD" ]; then kube exec --stdin "$POD" -- "$@"; else "$@"; fi; }

# A command's output into a file, whole. `kubectl exec` may drop the end of what a program printed just before it ended,
# and say nothing: so the end is marked, and what lacks the mark is fetched again.
END='marquee: end of stream, status'
whole() { # pod file command… ; without a pod it runs here
  local pod=$1 file=$2 try status length
  shift 2
  if [ -z "$pod" ]; then "$@" > "$file" < /dev/null; return; fi
  for try in 1 2 3 4 5; do
    # shellcheck disable=SC2016  # expanded in the pod
    kube exec "$pod" -- sh -c 'end=$1; shift; "$@"; printf "\n%s %03d\n" "$end" $?' sh "$END" "$@" > "$file" < /dev/null || return
    length=$((${#END} + 6))
    if [[ $(tail -c "$length" "$file" | tr -d '\0') =~ ^.?$END\ ([0-9]{3})$ ]]; then
      status=$((10#${BASH_REMATCH[1]}))
      truncate -s "-$length" "$file"
      return "$status"
    fi
    say "  the end of what $pod sent was lost: asking again ($try)"
  done
  say "  what $pod sends is cut short again and again"
  return 1
}

sql() { # database statement
  connection "$1"
  whole "$POD" "$work/sql.out" psql -X -A -t -q -v ON_ERROR_STOP=1 "${to_database[@]}" -c "$2" && cat "$work/sql.out"
}

# Rows of every table, exact, as {"schema.table": n}.
ROWS_SQL="SELECT coalesce(json_object_agg(schemaname || '.' || tablename, (xpath('/row/c/text()', query_to_xml(format(
  'SELECT count(*) AS c FROM %I.%I', schemaname, tablename), false, true, '')))[1]::text::bigint), '{}')
  FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
# Which migrations are in it; the sqitch schema is missing in a database that was never migrated.
CHANGES_SQL="SELECT coalesce((xpath('/row/c/text()', query_to_xml(CASE WHEN to_regclass('sqitch.changes') IS NULL
  THEN 'SELECT ''[]'' AS c' ELSE 'SELECT coalesce(json_agg(change ORDER BY committed_at), ''[]'') AS c FROM sqitch.changes' END,
  false, true, '')))[1]::text, '[]')"

# --- the archive ------------------------------------------------------------------------------------------------------
MEMBERS='^(manifest\.json|SHA256SUMS|databases/[a-z][a-z0-9_]*\.dump|artefacts/[A-Za-z0-9][A-Za-z0-9._-]*)$'

# Reads the whole archive once, writes nothing, and holds every file against its SHA-256. The sums are the last member,
# so an archive that was cut short has none.
archive_check() { # file
  local file=$1 sums found
  [ -f "$file" ] || die "$file: no such file"
  # shellcheck disable=SC2016  # expanded by tar's shell
  found=$(tar --extract --file "$file" --to-command='printf "%s  %s\n" "$(sha256sum | cut -c1-64)" "$TAR_FILENAME"' 2> "$work/tar.log") ||
    die "$file is damaged or cut short ($(tail -n 1 "$work/tar.log")): nothing was done"
  ! cut -c67- <<< "$found" | grep -Ev "$MEMBERS" || die "$file holds something that is no part of a backup: nothing was done"
  sums=$(tar --extract --to-stdout --file "$file" SHA256SUMS 2> /dev/null) || die "$file is cut short: it has no SHA256SUMS; nothing was done"
  diff <(sort <<< "$sums") <(grep -v '  SHA256SUMS$' <<< "$found" | sort) > "$work/sums.diff" ||
    { cat "$work/sums.diff" >&2; die "$file is damaged: the files above aren't what was backed up; nothing was done"; }
  tar --extract --to-stdout --file "$file" manifest.json > "$work/manifest.json"
  [ "$(jq -r .format "$work/manifest.json")" = 1 ] || die "$file has another format than this command knows: use its own version's"
  local name former
  for name in "${DATABASES[@]}"; do
    former=$(formerly "$name")
    if [ -n "$former" ]; then # in an archive of before
      jq --arg name "$name" --arg former "$former" '(.databases[] | select(.name == $former)).name = $name' "$work/manifest.json" > "$work/manifest.new"
      mv "$work/manifest.new" "$work/manifest.json"
    fi
    jq -e --arg name "$name" 'any(.databases[]; .name == $name)' "$work/manifest.json" > /dev/null ||
      die "$file lacks the database $name: it is of a version that had none; restore it with that version's deploy/backup/restore, then upgrade"
  done
}

archive_describe() { # of $work/manifest.json
  jq -r '"taken \(.created_at) by Marquee \(.marquee), PostgreSQL \(.postgresql)",
    (.databases[] | "  \(.name): \([.rows | to_entries[] | select(.key | startswith("sqitch.") | not) | .value] | add // 0) rows, \(.bytes) bytes, schema \(.changes[-1] // "none")"),
    "  models: " + ([.versions[] | select(.aliases | length > 0) | "\(.model) \(.version) (\(.aliases | join(", ")))"] | join(", "))' "$work/manifest.json"
}
