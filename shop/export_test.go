package shop

// Sizes are how many look-ups are held, for the test that they are bounded.
func (d *Directory) Sizes() (known, unknown, loading int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := func(s shelf[int64, *Entry]) int { return len(s.young) + len(s.old) }
	return size(d.known), size(d.unknown), len(d.loading)
}
