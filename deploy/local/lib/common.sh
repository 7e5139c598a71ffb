# Sourced by every script in deploy/local: messages, the state folder, ports, secrets, and processes that outlive us.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
. "$ROOT/deploy/suite.sh"
# shellcheck disable=SC2034  # read by the sourced pieces
TOOLS=$ROOT/.tools
PYTHON=$TOOLS/venv/bin/python
# shellcheck disable=SC2034
BIN_DIR=${MARQUEE_BIN_DIR:-$ROOT/build/release/bin}
STATE=${MARQUEE_STATE_DIR:-$ROOT/.state/local}

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The state folder, made on first use. Everything that a run leaves behind is in it.
state_init() {
  mkdir -p "$STATE" 2>/dev/null || die "can't create the state folder $STATE: choose another with MARQUEE_STATE_DIR"
  [ -w "$STATE" ] || die "can't write to the state folder $STATE: choose another with MARQUEE_STATE_DIR"
  STATE=$(cd "$STATE" && pwd)
  mkdir -p "$STATE/logs" "$STATE/run"
  (umask 077; mkdir -p "$STATE/secrets")
  require_disk "$STATE" "${MARQUEE_MIN_FREE_MB:-2048}"
}

# One `up` or `down` at a time in a state folder. Daemons are started with fd 9 closed, so the lock ends with us.
state_lock() {
  exec 9>"$STATE/.lock"
  flock -n 9 || { say "waiting for another command in $STATE"; flock -w 600 9 || die "$STATE is still locked"; }
}

require_disk() { # folder megabytes
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 {print $4}')
  [ "$free" -ge "$2" ] || die "only $free MB free on the disk of $1, at least $2 MB are needed"
}

require_tools() {
  [ -x "$PYTHON" ] && [ -d "$TOOLS/kafka/libs" ] || die "tools are missing: run ci/bootstrap first"
}

# --- ports -----------------------------------------------------------------------------------------------------------
# name and default port; with MARQUEE_PORT_BASE, the ports follow one another from there. A service has NAME, where it is
# called, and NAME_metrics. The choice is kept in $STATE/ports.env, so that `status` and `down` find it again;
# MARQUEE_PORT_BASE=auto picks a free range once, =default goes back to the defaults.
ports_table() {
  printf '%s\n' 'edge 8080' 'edge_tls 8443' 'postgres 55432' 'kafka 59092' 'kafka_controller 59093'
  suite_all port | awk '{print $1 ($2 == "metrics" ? "_metrics" : ""), $3}'
}
PORT_SPAN=64
declare -A PORT=()

ports_init() {
  local base=${MARQUEE_PORT_BASE:-} file=$STATE/ports.env name default offset=0
  if [ -f "$file" ] && { [ -z "$base" ] || [ "$base" = auto ]; }; then
    while IFS='=' read -r name default; do PORT[$name]=$default; done < "$file"
    # What has come since gets the next ones: those that run keep theirs.
    while read -r name default; do
      [ -z "${PORT[$name]:-}" ] || continue
      PORT[$name]=$default
      [ "${PORT[edge]:-8080}" = 8080 ] || PORT[$name]=$(($(cut -d= -f2 "$file" | sort -n | tail -n 1) + 1))
      echo "$name=${PORT[$name]}" >> "$file"
    done < <(ports_table)
    return
  fi
  [ "$base" != auto ] || base=$(ports_free_base)
  [ "$base" != default ] || base=
  [[ $base =~ ^[0-9]*$ ]] || die "MARQUEE_PORT_BASE is '$base': it must be a port number, 'auto' or 'default'"
  [ -z "$base" ] || { [ "$base" -ge 1024 ] && [ "$base" -le $((65535 - PORT_SPAN)) ]; } ||
    die "MARQUEE_PORT_BASE is $base: it must lie between 1024 and $((65535 - PORT_SPAN))"
  while read -r name default; do
    PORT[$name]=${base:+$((base + offset))}
    PORT[$name]=${PORT[$name]:-$default}
    offset=$((offset + 1))
  done < <(ports_table)
  [ "$offset" -le "$PORT_SPAN" ] || die "$offset ports are needed, and a range has $PORT_SPAN: raise PORT_SPAN"
  for name in "${!PORT[@]}"; do printf '%s=%s\n' "$name" "${PORT[$name]}"; done | sort > "$file"
}

# A run of free ports below the kernel's ephemeral range; random, so that two suites starting at once differ.
ports_free_base() {
  local base used try
  used=$(ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}')
  for try in {1..50}; do
    base=$((20000 + (RANDOM * 32768 + RANDOM) % 190 * PORT_SPAN))
    if ! awk -v from="$base" -v to=$((base + PORT_SPAN)) '$1 >= from && $1 < to {exit 1}' <<< "$used"; then continue; fi
    echo "$base"
    return
  done
  die "no $PORT_SPAN free ports in a row after $try tries: set MARQUEE_PORT_BASE"
}

require_port() { # name in ports_table
  local port=${PORT[$1]} holder
  holder=$(ss -Hltnp "sport = :$port" | head -n 1)
  [ -z "$holder" ] && return
  holder=$(sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ (by \1, process \2)/p' <<< "$holder")
  die "port $port for $1 is in use$holder: free it, or choose other ports with MARQUEE_PORT_BASE=20000 (or auto)"
}

# --- secrets ---------------------------------------------------------------------------------------------------------
# Prints the file of a secret, generated on first use; 48 hexadecimal digits, mode 600.
secret_file() { # name
  local file=$STATE/secrets/$1
  if [ ! -s "$file" ]; then
    (umask 077; openssl rand -hex 24 | tr -d '\n' > "$file.new" && mv "$file.new" "$file")
  fi
  echo "$file"
}
secret() { cat "$(secret_file "$1")"; }

# --- processes -------------------------------------------------------------------------------------------------------
# $STATE/run/NAME.pid holds the process id and its start time in clock ticks, so a reused id is never taken for ours.
process_start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

process_state() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1; }

process_pid() { # name → prints the pid if it runs, else fails
  local pid started
  [ -f "$STATE/run/$1.pid" ] && read -r pid started < "$STATE/run/$1.pid" || return 1
  [ -n "$started" ] && [ "$(process_start_time "$pid")" = "$started" ] || return 1
  [ "$(process_state "$pid")" != Z ] || return 1
  echo "$pid"
}

# Starts a command in a session of its own, with its output appended to $STATE/logs/NAME.log.
process_start() { # name command…
  local name=$1 pid
  shift
  setsid nohup "$@" < /dev/null >> "$STATE/logs/$name.log" 2>&1 9>&- &
  pid=$!
  echo "$pid $(process_start_time "$pid")" > "$STATE/run/$name.pid"
  disown "$pid"
}

# SIGTERM, then SIGKILL when the grace is over: said aloud, since a service must stop by itself.
process_stop() { # name grace_seconds
  local name=$1 grace=$2 pid
  if pid=$(process_pid "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! process_wait_gone "$name" "$grace"; then
      say "$name didn't stop within $grace s after SIGTERM: killed"
      kill -KILL "$pid" 2>/dev/null || true
      process_wait_gone "$name" 5 || die "$name (process $pid) can't be killed"
    fi
  fi
  rm -f "$STATE/run/$name.pid" "$STATE/run/$name.stamp"
}

process_wait_gone() { # name seconds
  local deadline=$((SECONDS + $2 + 1))
  while process_pid "$1" > /dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

log_tail() { tail -n "${2:-15}" "$1" 2>/dev/null | sed 's/^/    /' >&2; }
