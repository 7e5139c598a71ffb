# Data and the demonstration at the end of `up`, by marqueectl. Sourced after services.sh.
# shellcheck shell=bash
CTL=${MARQUEE_CTL:-$BIN_DIR/marquee-ctl}

ctl() { "$ROOT/deploy/local/marqueectl" "$@"; }

# Imports, trains and promotes, once for a data set: the mark says which one is in. An import that was cut short is run
# again, which changes nothing twice.
load_data() { # MovieLens folder, or nothing for the demo data set
  local mark=$STATE/data.mark want=${1:-demo}
  [ "$(cat "$mark" 2> /dev/null)" != "$want" ] || return 0
  if [ -z "${1:-}" ]; then
    set -- "$STATE/demo-data"
    say "data: generating the demo data set"
    ctl datagen --movies "$TOOLS/node/node_modules/vega-datasets/data/movies.json" --users 2000 --ratings 200000 --seed 1 --out "$1"
  fi
  say "data: importing $1"
  ctl import "$1"
  say "data: training"
  ctl train --wait --promote
  echo "$want" > "$mark"
}

demo() {
  [ -x "$CTL" ] || { say "demo: $CTL isn't built"; return; }
  :
}
