package main

import (
	"fmt"

	"example.com/tree/greet"
)

func line() string {
	return greet.Greet("world")
}

func main() {
	fmt.Println(line())
}
