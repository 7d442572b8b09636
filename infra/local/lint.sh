#!/usr/bin/env bash
# Style and template. Every check runs; the first that fails is told, the rest as well.
set -uo pipefail
cd "$(dirname "$0")/../.."
failed=0
check() {
  local name=$1; shift
  local out
  if out=$("$@" 2>&1) && [ -z "$out" ]; then echo "ok    $name"; else echo "FAIL  $name"; echo "$out"; failed=1; fi
}
.tools/local sam cfn-lint --version >/dev/null || exit 1 # installs it where it is missing
mapfile -t folders < <(ls -d functions infra shared statemachines 2>/dev/null)
check gofmt gofmt -l "${folders[@]}"
check "go mod tidy" go mod tidy -diff
check "go vet" go vet ./...
check staticcheck go tool staticcheck ./...
check cfn-lint .tools/local sam cfn-lint template.yaml
exit $failed
