package main

import (
	"context"
	"errors"
)

func samEnv(context.Context) error { return errors.New("sam-env") }
