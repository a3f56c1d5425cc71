package callback

import "testing"

// SetWindow makes a look go over so many rows only.
func SetWindow(t *testing.T, rows int) {
	was := window
	window = rows
	t.Cleanup(func() { window = was })
}
