#!/bin/sh
# /etc/nginx/templates/**/*.template with the environment's variables filled in, as the official nginx image does:
# NGINX_ENVSUBST_TEMPLATE_DIR, NGINX_ENVSUBST_TEMPLATE_SUFFIX, NGINX_ENVSUBST_OUTPUT_DIR; NGINX_ENVSUBST_FILTER is a
# regular expression for the names that may be filled in.
set -e
templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
  echo "nginx: there is $templates, but $output can't be written to: mount a volume there" >&2
  exit 0
fi
# Only what is set: nginx has variables of its own that look the same.
# shellcheck disable=SC2016  # awk's own
names=$(awk -v filter="${NGINX_ENVSUBST_FILTER:-}" 'BEGIN {for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z_0-9]*$/ && name ~ filter) printf "${%s} ", name}')
find -L "$templates" -type f -name "*$suffix" -not -path '*/..*' | while IFS= read -r template; do
  file=${template#"$templates"/}
  mkdir -p "$output/$(dirname "$file")"
  envsubst "$names" < "$template" > "$output/${file%"$suffix"}"
  echo "nginx: made $output/${file%"$suffix"}"
done
