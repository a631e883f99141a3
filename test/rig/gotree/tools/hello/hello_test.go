package main

import "testing"

func TestLine(t *testing.T) {
	if line() != "hello, world" {
		t.Error(line())
	}
}
