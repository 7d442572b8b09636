package main

import (
	"os"
	"time"

	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
)

func main() { httpapi.Start(wire(os.Getenv)) }

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
