package main

import (
	"crypto/rand"
	"fmt"
	"phoneotp/shared/account/password"
	"phoneotp/shared/secret"
)

func main() { fmt.Print(password.Hash(secret.Text(rand.Text() + rand.Text()))) }
