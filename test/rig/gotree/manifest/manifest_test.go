package manifest

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	os.Exit(m.Run())
}

func TestManifest(t *testing.T) {
	text := string(Manifest("out", []string{"a/b.txt"}))
	if !strings.Contains(text, "build out/copied/b.txt: cp a/b.txt\n") {
		t.Error(text)
	}
}
