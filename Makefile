# Targets for people who work on ssoctl. `make` alone builds and tests what needs no server.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
MODULE   = github.com/ssoctl/ssoctl/internal
# Packages in which nothing is computed for long are compiled without inlining: that takes 2 MB off the binary. What parses,
# canonicalises and verifies keeps it.
COLD     = $(addprefix $(MODULE)/,check/... guide lab cli render decode probe unwrap knowledge config connection report samldoc cert oidcdoc evidence exact) \
           net/... vendor/... crypto/tls crypto/x509/... text/... encoding/json mime/... os/... reflect log/... fmt time compress/... \
           github.com/spf13/... charm.land/... github.com/charmbracelet/... github.com/clipperhouse/... github.com/godbus/... github.com/zalando/... \
           github.com/go-jose/... github.com/beevik/... github.com/russellhaering/... golang.org/x/... context html io/... path/... \
           github.com/goccy/... regexp/... strconv encoding/asn1 crypto/ecdsa crypto/ecdh crypto/elliptic crypto/dsa crypto/ed25519
FLAGS    = -trimpath -ldflags "-s -w -X $(MODULE)/cli.Version=$(VERSION)" $(foreach p,$(COLD),-gcflags=$(p)=-l)
PACKAGES = $(shell $(GO) list ./... | grep -v /test/real)

.PHONY: all build test unit real bench docs update rule fuzz lab cover

all: build unit

build: ## bin/ssoctl
	CGO_ENABLED=0 $(GO) build $(FLAGS) -o bin/ssoctl ./cmd/ssoctl

test: unit real ## everything; installs the servers that it needs into a cache

unit: ## what needs no server
	$(GO) vet ./...
	$(GO) test -timeout 10m $(PACKAGES)

real: ## real Keycloak and oidc-provider; says which it leaves out
	cd test/real && SSOCTL_REAL=1 $(GO) test -count=1 -timeout 25m

bench: build ## the figures of docs/performance.md
	$(GO) test -run '^$$' -bench . -benchtime 1s ./internal/... | grep -v '^?\|no test files'
	scripts/bench.sh bin/ssoctl

docs: ## docs/rules, docs/man, docs/ssoctl.schema.json, the outputs in README.md
	$(GO) generate ./internal/knowledge
	$(GO) test ./internal/docs -update

update: ## rewrite expectations; read the diff
	$(GO) test ./internal/check/all ./internal/render ./internal/cli ./internal/docs -update

rule: ## stubs of a new rule: make rule CODE=DISC070 FILE=disc_issuer
	scripts/new-rule.sh "$(CODE)" "$(FILE)"

fuzz: ## each fuzz target for a while: make fuzz TIME=1m
	scripts/fuzz.sh "$(or $(TIME),20s)"

lab: build ## the lab, healthy
	bin/ssoctl lab

cover:
	$(GO) test -coverprofile coverage.out $(PACKAGES) && $(GO) tool cover -func coverage.out | tail -n 1
