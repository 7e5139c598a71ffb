# nginx, the edge: deploy/edge's template rendered for one machine. Sourced after common.sh.
# shellcheck shell=bash

# Looked up when it is started, not when this is sourced: `up` installs it in between.
nginx_program() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx || die "nginx isn't installed: run ci/bootstrap"; }

edge_address() { echo "http://127.0.0.1:${PORT[edge]}"; }

# The variables of deploy/edge/nginx.conf.template. One machine means one address for every client, so the limits here
# are far above the chart's; a test of them sets its own.
edge_render() { # destination folder
  local dir=$1
  export MARQUEE_EDGE_LISTEN=${MARQUEE_EDGE_HOST:-127.0.0.1}:${PORT[edge]}
  export MARQUEE_EDGE_TLS_LISTEN=${MARQUEE_EDGE_HOST:-127.0.0.1}:${PORT[edge_tls]}
  export MARQUEE_EDGE_GATEWAY=127.0.0.1:${PORT[gateway]}
  export MARQUEE_EDGE_RUN_DIR=$dir
  export MARQUEE_EDGE_UI_ROOT=${MARQUEE_EDGE_UI_ROOT:-$ROOT/deploy/edge/www}
  export MARQUEE_EDGE_ACCESS_LOG=$STATE/logs/edge-access.log MARQUEE_EDGE_ERROR_LOG=$STATE/logs/edge.log
  export MARQUEE_EDGE_RATE=${MARQUEE_EDGE_RATE:-100000} MARQUEE_EDGE_BURST=${MARQUEE_EDGE_BURST:-10000}
  export MARQUEE_EDGE_AUTH_RATE=${MARQUEE_EDGE_AUTH_RATE:-1000} MARQUEE_EDGE_AUTH_BURST=${MARQUEE_EDGE_AUTH_BURST:-1000}
  export MARQUEE_EDGE_TLS="$dir/tls*.conf" MARQUEE_EDGE_TRUSTED_PROXIES="$dir/trusted*.conf"
  # One machine's edge listens on one address; a test of IPv6 names another.
  export MARQUEE_EDGE_IPV6="$dir/ipv6*.conf" MARQUEE_EDGE_HSTS=${MARQUEE_EDGE_HSTS-max-age=31536000}
  export MARQUEE_EDGE_CORS=${MARQUEE_EDGE_CORS:-}
  local template name
  rm -f "$dir"/*.conf
  for template in "$ROOT"/deploy/edge/*.conf.template; do
    name=$(basename "$template" .template)
    case $name in
      tls.conf) [ -n "${MARQUEE_EDGE_TLS_CERTIFICATE:-}" ] || continue ;;
      ipv6.conf) [ -n "${MARQUEE_EDGE_IPV6_LISTEN:-}" ] || continue ;;
      ipv6-tls.conf) [ -n "${MARQUEE_EDGE_IPV6_TLS_LISTEN:-}" ] || continue ;;
    esac
    # shellcheck disable=SC2016  # the names for envsubst, not their values
    envsubst "$(compgen -e MARQUEE_EDGE_ | sed 's/.*/${&}/')" < "$template" > "$dir/$name"
  done
}

edge_up() {
  local dir=$STATE/edge stamp nginx
  nginx=$(nginx_program) || exit 1
  mkdir -p "$dir"
  edge_render "$dir"
  stamp=$(cat "$dir"/*.conf | sha256sum)
  if process_pid edge > /dev/null; then
    [ "$(cat "$STATE/run/edge.stamp" 2> /dev/null)" = "$stamp" ] && return
    say "edge: its configuration has changed: restarting"
    edge_down
  fi
  require_port edge
  [ -z "${MARQUEE_EDGE_TLS_CERTIFICATE:-}" ] || require_port edge_tls
  # As root, workers would become nobody, who may not be able to read the UI's files.
  local globals="daemon off;"
  [ "$EUID" -ne 0 ] || globals+=" user root;"
  "$nginx" -t -q -p "$dir" -c "$dir/nginx.conf" -g "$globals" 2> "$STATE/logs/edge-check.log" ||
    { log_tail "$STATE/logs/edge-check.log"; die "nginx refuses its configuration, $dir/nginx.conf"; }
  process_start edge "$nginx" -p "$dir" -c "$dir/nginx.conf" -g "$globals"
  echo "$stamp" > "$STATE/run/edge.stamp"
}

edge_down() { process_stop edge 5; }
