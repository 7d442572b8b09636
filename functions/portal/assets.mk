# The portal's built assets (functions/portal/static), from functions/portal/assets. Included by the Makefile.
PORTAL := functions/portal

.PHONY: assets assets-check
assets: ## rebuild the portal's assets (needs Node 20 or newer); commit what changes
	cd $(PORTAL)/assets && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs ../static && npx --no-install tsc -p .

assets-check: ## do the committed assets match their sources?
	cd $(PORTAL)/assets && npm ci --ignore-scripts --no-audit --no-fund && made=$$(mktemp -d) && cp scripts/contract.d.ts $$made/contract.was && \
	node build.mjs $$made/static && npx --no-install tsc -p . && diff -r $$made/static ../static && diff scripts/contract.d.ts $$made/contract.was && rm -r $$made
