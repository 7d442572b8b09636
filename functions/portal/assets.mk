# The portal's built assets (functions/portal/static), from functions/portal/assets. Included by the Makefile.
PORTAL := functions/portal

.PHONY: assets assets-check
assets: ## rebuild the portal's assets (needs Node 20 or newer); commit what changes
	cd $(PORTAL)/assets && npm ci --ignore-scripts --no-audit --no-fund && \
	node build.mjs ../static scripts/contract.d.ts && npx --no-install tsc -p .

assets-check: ## do the committed assets match their sources?
	cd $(PORTAL)/assets && npm ci --ignore-scripts --no-audit --no-fund && npx --no-install tsc -p . && \
	made=$$(mktemp -d) && trap 'rm -r "$$made"' EXIT && node build.mjs $$made/static $$made/contract.d.ts && \
	diff -r $$made/static ../static && diff $$made/contract.d.ts scripts/contract.d.ts
