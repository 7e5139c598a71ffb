#!/bin/sh
# What the official nginx image does when it starts: before nginx, and only before that, the files of
# /docker-entrypoint.d in order: *.envsh are sourced, executable *.sh are run.
set -e
say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "nginx: $*"; }

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for file in /docker-entrypoint.d/*; do
    [ -f "$file" ] || continue
    case $file in
      *.envsh) if [ -x "$file" ]; then say "sourcing $file"; . "$file"; fi ;;
      *.sh) if [ -x "$file" ]; then say "running $file"; "$file"; else say "ignoring $file, not executable"; fi ;;
      *) say "ignoring $file" ;;
    esac
  done
fi
exec "$@"
