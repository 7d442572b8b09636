package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"phoneotp/shared/secret"
)

// The cost of a hash (product.md 1).
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltSize  = 16
	sumSize   = 32
)

// maxMemoryKiB bounds what a stored hash may ask for.
const maxMemoryKiB = 256 * 1024

// decoy is a hash of a random text that nobody knows: what a password is compared with where there is no
// account, so that the answer takes the same time.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$EZMddsQ8eJjC8vvFhnytyQ$6BNZcHJH2hV//G5Uyvhq5scxzUhZwFAKqgGOPub3l/w"

// Hash returns the PHC text of a password under a fresh salt. It takes 19 MiB of memory while it runs.
func Hash(p secret.Text) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	sum := argon2.IDKey(normal(p), salt, passes, memoryKiB, lanes, sumSize)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, e.EncodeToString(salt), e.EncodeToString(sum))
}

// Matches tells whether p is the password of a hash. An empty hash costs the same and never matches. A hash
// that is not one of ours is an error.
func Matches(hash string, p secret.Text) (bool, error) {
	known := hash != ""
	if !known {
		hash = decoy
	}
	var version, memory, time, threads int
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return false, fmt.Errorf("password: not an argon2id hash")
	}
	if _, err := fmt.Sscanf(fields[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("password: unknown argon2 version")
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("password: unreadable parameters")
	}
	if memory < 8 || memory > maxMemoryKiB || time < 1 || time > 16 || threads < 1 || threads > 16 {
		return false, fmt.Errorf("password: parameters out of bounds")
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return false, fmt.Errorf("password: unreadable salt")
	}
	want, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(want) < 16 {
		return false, fmt.Errorf("password: unreadable sum")
	}
	got := argon2.IDKey(normal(p), salt, uint32(time), uint32(memory), uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// normal is the form in which a password is measured, judged and hashed.
func normal(p secret.Text) []byte { return norm.NFC.Bytes([]byte(p.Reveal())) }
