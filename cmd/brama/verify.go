package main

import (
	"context"
	"fmt"
)

type verifyCommand struct {
	storage
}

// Run is written with the rest of verify.
func (c *verifyCommand) Run(ctx context.Context) error { return fmt.Errorf("todo") }
