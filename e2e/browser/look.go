package browser

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// ShotsVariable is the environment variable that names the folder for pictures.
const ShotsVariable = "BRAMA_SHOTS"

func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, command, params); err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
}

// look is how wide the window is, and whether the person likes it dark.
func (tab *Tab) look(width int64, dark bool) {
	tab.t.Helper()
	height, scheme := int64(800), "light"
	phone := width <= phoneWidth
	if phone {
		height = 844
	}
	if dark {
		scheme = "dark"
	}
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: phone,
	})
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// scripts lets the page's scripts run, or not.
func (tab *Tab) scripts(run bool) {
	tab.t.Helper()
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
}

// Shot takes the four pictures of the page, wide and narrow, light and dark, when
// BRAMA_SHOTS names a folder for them.
func (tab *Tab) Shot(name string) {
	tab.t.Helper()
	folder := os.Getenv(ShotsVariable)
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	defer tab.look(tab.width, tab.dark)
	for _, width := range []int64{deskWidth, phoneWidth} {
		for _, scheme := range []string{"light", "dark"} {
			tab.look(width, scheme == "dark")
			picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				tab.t.Fatalf("a picture of %s: %v", name, err)
			}
			file := filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if err := os.WriteFile(file, picture, 0o644); err != nil {
				tab.t.Fatal(err)
			}
		}
	}
}

//go:embed axe/axe.min.js
var axe string

// Axe fails the test when axe-core finds a serious or critical fault of
// accessibility on the page, in light or in dark.
func (tab *Tab) Axe() {
	tab.t.Helper()
	defer tab.look(tab.width, tab.dark)
	tab.scripts(true) // axe is one; those of a page that was loaded without do not come back
	defer tab.scripts(!tab.noScript)
	for _, scheme := range []string{"light", "dark"} {
		tab.look(tab.width, scheme == "dark")
		for _, fault := range Eval[[]string](tab, axe+axeFaults) {
			tab.t.Errorf("%s, %s: %s", strings.TrimPrefix(tab.Address(), tab.gateway.URL), scheme, fault)
		}
	}
}

// axeFaults is what axe found, in words.
const axeFaults = `
;axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
	.filter(v => v.impact === 'serious' || v.impact === 'critical')
	.flatMap(v => v.nodes.map(n => v.id + ' (' + v.impact + '): ' + v.help + ': ' + n.html + ' ' + (n.failureSummary || ''))))`
