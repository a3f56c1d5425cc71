package checkout

import (
	"embed"

	"github.com/brama-pay/brama/api/asset"
)

//go:embed assets
var assetFiles embed.FS

// contents are the files by their plain names, assets the same as they are served.
var (
	contents = asset.Read(assetFiles, "assets")
	assets   = asset.New(prefix+"assets/", policy, contents)
)
