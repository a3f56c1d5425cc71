package main

import (
	"os"
	"strings"
	"testing"
)

// The operator's page says who may do what as the program does.
func TestRolesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for at, line := range roleTable() {
		row := "| " + strings.Join(line, " | ") + " |\n"
		if at == 0 {
			row = strings.ToLower(row)
		}
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/operations.md has not the row %s", row)
		}
	}
}
