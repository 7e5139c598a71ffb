"""The end-to-end proof on a real Kubernetes: `ci/kube-e2e` runs it. Not collected by pytest: it needs a cluster."""
