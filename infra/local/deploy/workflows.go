package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// workflows uploads the definitions that the template names and puts their addresses in the files' places.
func (c *Cloud) workflows(ctx context.Context, root, template string) (string, error) {
	for _, m := range definitionLine.FindAllStringSubmatch(template, -1) {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m[2])))
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(text) // a changed definition is a changed template
		key := hex.EncodeToString(sum[:8]) + "-" + m[3]
		if err := c.put(ctx, key, text); err != nil {
			return "", err
		}
		template = strings.Replace(template, m[0], m[1]+"s3://"+bucket+"/"+key, 1)
	}
	return template, nil
}
