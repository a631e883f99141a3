// Package extra is a plugin of the builder.
package extra

import "example.com/tree/manifest"

func init() {
	manifest.Lines["extra"] = "extra"
}
