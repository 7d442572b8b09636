package main

import (
	"log/slog"
	"os"
	"time"

	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
)

func main() {
	api, err := wire(os.Getenv)
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	api.Start()
}

func wire(get func(string) string) (*httpapi.API, error) {
	settings := env.Reader{Get: get}
	origin := settings.Need("PUBLIC_ORIGIN")
	if err := settings.Err(); err != nil {
		return nil, err
	}
	site, err := newSite(origin)
	if err != nil {
		return nil, err
	}
	return &httpapi.API{Origin: origin, Now: time.Now, Routes: site.routes()}, nil
}
