// Package greet says hello.
package greet

// Greet greets by name.
func Greet(name string) string {
	return "hello, " + name
}
