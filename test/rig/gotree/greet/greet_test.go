package greet

import (
	"fmt"
	"os"
	"testing"
)

func TestGreet(t *testing.T) {
	if Greet("a") != "hello, a" {
		t.Error(Greet("a"))
	}
}

// Tests run where their sources are.
func TestDirectory(t *testing.T) {
	if _, err := os.Stat("greet_test.go"); err != nil {
		t.Error(err)
	}
}

func ExampleGreet() {
	fmt.Println(Greet("example"))
	// Output: hello, example
}
