package db

// SetSeekRows changes how many rows one look of Seek goes through, until restored.
func SetSeekRows(n int) (restore func()) {
	old := seekRows
	seekRows = n
	return func() { seekRows = old }
}
