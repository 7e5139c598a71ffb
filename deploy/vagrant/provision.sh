#!/usr/bin/env bash
# Run by Vagrant as root in the virtual machine: installs Docker, minikube, kubectl and helm, starts a minikube as the
# user vagrant, builds and installs Marquee, and serves it on port 8080. Run again (`vagrant provision`), it upgrades.
#   provision.sh [--help]
set -euo pipefail
case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "provision: unknown argument $1 (see --help)" >&2; exit 2 ;;
esac
minikube=v1.36.0 kubernetes=v1.33.1 helm=v3.18.4
sources=/marquee user=vagrant
say() { printf '\n== %s\n' "$*"; }

say "Debian packages"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends ca-certificates curl docker.io git iptables jq socat conntrack
systemctl enable --now docker
usermod -aG docker "$user"

# Each is checked against the sum that its project publishes beside it.
fetch() { # address file address_of_its_sum
  curl -fsSL --retry 3 --proto '=https' --tlsv1.2 -o "$2" "$1"
  echo "$(curl -fsSL --retry 3 --proto '=https' --tlsv1.2 "$3" | cut -d' ' -f1)  $2" | sha256sum --check --quiet
}
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
installed() { "$@" 2> /dev/null || true; }

if [[ $(installed minikube version --short) != "$minikube" ]]; then
  say "minikube $minikube"
  base=https://storage.googleapis.com/minikube/releases/$minikube/minikube-linux-$architecture
  fetch "$base" "$work/minikube" "$base.sha256"
  install -m 755 "$work/minikube" /usr/local/bin/minikube
fi
if [[ $(installed kubectl version --client) != *"$kubernetes"* ]]; then
  say "kubectl $kubernetes"
  base=https://dl.k8s.io/release/$kubernetes/bin/linux/$architecture/kubectl
  fetch "$base" "$work/kubectl" "$base.sha256"
  install -m 755 "$work/kubectl" /usr/local/bin/kubectl
fi
if [[ $(installed helm version --short) != "$helm"* ]]; then
  say "helm $helm"
  base=https://get.helm.sh/helm-$helm-linux-$architecture.tar.gz
  fetch "$base" "$work/helm.tar.gz" "$base.sha256sum"
  tar -xzf "$work/helm.tar.gz" -C "$work"
  install -m 755 "$work/linux-$architecture/helm" /usr/local/bin/helm
fi

as_user() { runuser -l "$user" -c "cd $sources && $1"; }

say "minikube"
as_user "minikube status > /dev/null 2>&1 || minikube start --driver docker --kubernetes-version $kubernetes --cpus max --memory 6g --wait all"

say "images"
chown -R "$user:" "$sources"
as_user "ci/images --no-sbom"
for image in $("$sources/ci/images" --list); do as_user "minikube image load $image"; done

say "Marquee"
as_user "ci/deploy minikube --timeout 20m"

# The Service on this machine's port 8080, which Vagrant forwards; also after a restart.
cat > /etc/systemd/system/marquee-forward.service << UNIT
[Unit]
Description=Marquee's gateway on port 8080
After=docker.service network-online.target
Wants=network-online.target

[Service]
User=$user
# A stopped machine stops its minikube.
ExecStartPre=/bin/sh -c 'minikube status > /dev/null 2>&1 || minikube start'
ExecStart=/usr/local/bin/kubectl --namespace marquee port-forward --address 0.0.0.0 service/marquee-gateway 8080:80
Restart=always
RestartSec=3
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet marquee-forward
systemctl restart marquee-forward

say "Marquee is at http://localhost:${MARQUEE_VM_PORT:-8080}"
