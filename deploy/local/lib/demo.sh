# Data and the demonstration at the end of `up`, by marqueectl and the REST API. Sourced after services.sh, nginx.sh.
# shellcheck shell=bash
ADMIN_EMAIL=admin@marquee.example
DEMO_EMAIL=demo@marquee.example

# marqueectl as somebody: each has credentials of their own, in the state folder, and the caller's own stay untouched.
ctl_as() { # admin|demo argument…
  local who=$1
  shift
  (umask 077; mkdir -p "$STATE/ctl")
  MARQUEE_CREDENTIALS_FILE=$STATE/ctl/$who.json MARQUEE_PASSWORD_FILE=$(secret_file "$who-password") \
    MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE=$(secret_file auth-bootstrap) \
    "$ROOT/deploy/local/marqueectl" "$@" < /dev/null 9>&-
}

# The first administrator is made once; afterwards the bootstrap secret is spent and a plain login does.
admin_login() {
  ctl_as admin login "$ADMIN_EMAIL" > "$STATE/logs/admin-login.log" 2>&1 ||
    ctl_as admin login "$ADMIN_EMAIL" --bootstrap > "$STATE/logs/admin-login.log" 2>&1 ||
    { log_tail "$STATE/logs/admin-login.log"; die "the administrator can't log in"; }
}

# Imports, trains and promotes, once for a data set: the mark says which one is in. An import that was cut short is run
# again, which changes nothing twice.
load_data() { # MovieLens folder, or nothing for the demo data set
  local mark=$STATE/data.mark want=${1:-demo} folder=${1:-$STATE/demo-data} there
  if [ -s "$mark" ]; then
    there=$(cat "$mark")
    # Two data sets in one catalogue would share ids that mean different movies.
    [ -z "${1:-}" ] || [ "$there" = "$want" ] ||
      die "the data set $there is loaded: --reset throws it away, another MARQUEE_STATE_DIR keeps both"
    return
  fi
  admin_login
  if [ -z "${1:-}" ]; then
    rm -rf "$folder"
    ctl_as admin datagen "$folder" --films "$TOOLS/node/node_modules/vega-datasets/data/movies.json" >&2
  fi
  ctl_as admin import "$folder" --rejects "$STATE/logs/import-rejects.tsv" >&2
  ctl_as admin train >&2
  echo "$want" > "$mark"
}

# GET of a public page, as JSON; waits for what lags behind Kafka to appear.
rest_get() { # path jq-condition
  local deadline=$((SECONDS + 60)) answer
  until answer=$(curl -fsS --max-time 5 "$(edge_address)$1" 2> /dev/null) && jq -e "$2" <<< "$answer" > /dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || die "no answer from $(edge_address)$1 in a minute"
    sleep 0.2
  done
  echo "$answer"
}

# The catalogue counts ratings from Kafka in its own time: until its sums stand still, "popular" means little.
catalogue_settled() {
  local deadline=$((SECONDS + 120)) before='' now=0
  until [ "$now" -gt 0 ] && [ "$now" = "$before" ]; do
    [ "$SECONDS" -lt "$deadline" ] || die "the catalogue hasn't counted the ratings in 2 minutes: see deploy/local/logs catalog"
    sleep 0.5
    before=$now
    now=$(rest_get /v1/analytics/ratings-by-year '.years' | jq '[.years[].rating_count] | add // 0')
  done
}

# One person, before and after one new rating. Rates only the first time; later runs show the list as it stands.
demo() {
  local mark=$STATE/demo.mark taste new ids=() id title deadline=$((SECONDS + 60))
  printf '\nA demo account\n'
  printf '  %-15s %s\n' 'e-mail' "$DEMO_EMAIL" 'password' "$(secret demo-password)" \
    'as them' "MARQUEE_CREDENTIALS_FILE=$STATE/ctl/demo.json deploy/local/marqueectl recommend"
  if [ -f "$mark" ]; then
    printf '\nTheir recommendations\n'
    ctl_as demo recommend
    return
  fi
  ctl_as demo login "$DEMO_EMAIL" --register > "$STATE/logs/demo-login.log" 2>&1 ||
    ctl_as demo login "$DEMO_EMAIL" > "$STATE/logs/demo-login.log" 2>&1 ||
    { log_tail "$STATE/logs/demo-login.log"; die "the demo account can't log in"; }

  # What they like: four popular movies of one genre; then, out of the blue, the best known of quite another.
  local popular
  catalogue_settled
  popular=$(rest_get '/v1/analytics/popular-by-genre?count=10' '[.genres[] | select(.movies | length >= 5)] | length >= 2')
  taste=$(jq -c '[.genres[] | select(.movies | length >= 5)] | (map(select(.genre == ("Sci-Fi", "Horror", "Action"))) + .)[0]' <<< "$popular")
  new=$(jq -c --argjson taste "$taste" '
    [.genres[] | select(.genre != $taste.genre)]
    | (map(select(.genre == ("Animation", "Musical", "Romantic Comedy", "Children"))) + .)[0].movies
    | map(select(.movie_id as $id | $taste.movies | all(.movie_id != $id)))[0]' <<< "$popular")
  mapfile -t ids < <(jq -r '.movies[:4][].movie_id' <<< "$taste")
  for id in "${ids[@]}"; do ctl_as demo rate "$id" 4.5 > /dev/null; done

  # The recommender reads a catalogue that was filled a moment ago only at its next turn.
  until ctl_as demo --json recommend | jq -e '.model_version > 0 and (.recommendations | length) > 0' > /dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || die "no recommendations after a minute: see deploy/local/logs recommender"
    sleep 0.2
  done
  printf '\nTheir recommendations, having rated %s with 4.5\n' "$(jq -r '[.movies[:4][].title] | join(", ")' <<< "$taste")"
  ctl_as demo recommend
  title=$(jq -r .title <<< "$new")
  ctl_as demo rate "$(jq -r .movie_id <<< "$new")" 5 > /dev/null
  printf '\nThe same a moment later, having rated %s with 5\n' "$title"
  ctl_as demo recommend
  touch "$mark"
}
