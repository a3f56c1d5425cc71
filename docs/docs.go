// Package docs is the project's pages and the description of the API, as files: so
// the program that shows them and the tests that hold them read the very same text.
//
// It knows no HTML and nothing of the gateway.
package docs

import "embed"

// Files are the pages, openapi.yaml, and the programs that the API's pages show.
//
//go:embed *.md decisions/*.md openapi.yaml examples
var Files embed.FS
