# Sourced by scripts: what deploy/suite.yaml says, by way of its rendering suite.txt, so that nothing need be installed.
# shellcheck shell=bash
SUITE_TXT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/suite.txt

# What a service says of a field, a line each; without a service, all services' lines, each after its name.
suite_of() { awk -v name="$1" -v field="$2" '$1 == name && $2 == field {sub(/^[^ ]+ [^ ]+ ?/, ""); print}' "$SUITE_TXT"; } # service field
suite_all() { awk -v field="$1" '$2 == field {name = $1; sub(/^[^ ]+ [^ ]+ ?/, ""); print name, $0}' "$SUITE_TXT"; } # field

suite_services() { suite_all port | awk '$2 == "metrics" {print $1}'; }
suite_port() { suite_of "$1" port | awk -v kind="$2" '$1 == kind {print $2}'; } # service grpc|http|metrics
suite_databases() { suite_all database | awk '{print $1}'; }
suite_variable() { local name=${1//-/_}; echo "MARQUEE_${name^^}_$2"; } # service WORD → MARQUEE_RATING_INGEST_ADDRESS
