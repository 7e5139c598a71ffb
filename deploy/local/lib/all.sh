# All the pieces, for the scripts that deal with the whole suite.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for piece in postgres kafka services nginx; do . "$ROOT/deploy/local/lib/$piece.sh"; done
