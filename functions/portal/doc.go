// Command portal serves the pages of the site, their assets, the HTTP contract, and an answer for what no
// route fits. It changes nothing and reads no table and no cookie: pages are shells, identical for
// everybody, and their scripts ask the API (GET /api/session says who is signed in).
//
// What it answers, for the gateway's routes "GET /api/openapi.json" and "$default":
//
//	/api/openapi.json       openapi.json, the contract as OpenAPI 3.1
//	/api/...                404 route-unknown, or 405 method-not-allowed with Allow, judged by the contract
//	/assets/{hash}/{file}   static/{file}, precompressed, immutable; an old hash gets the current file, no-cache
//	a page of pages.go      its shell, no-cache with an entity tag; HEAD likewise; POST 405 (a script did not run)
//	anything else           404, an HTML page
//
// Staff works on pages of the same kind: agents on /agent, support on /support. The menu names them to their role
// alone; what they may see and do the API decides.
//
// Parts: pages/ holds the templates, problems.json a page for each code of the product's problem documents,
// assets/ the sources that `make assets` turns into static/ (style sheet from USWDS, modules, fonts, icons).
// Go builds need no Node: static/ is committed, and `make assets-check` compares it with its sources.
package main
