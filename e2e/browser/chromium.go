package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/e2e/program"
)

// Variable is the environment variable that skips the tests when it is "off".
const Variable = "BRAMA_TEST_BROWSER"

// Main runs the tests of a package and then ends the browser and removes what was
// built. It is what TestMain exits with.
func Main(m *testing.M) int {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // more tabs than that wait for each other
	}
	status := m.Run()
	if stop != nil {
		stop()
	}
	program.Remove()
	return status
}

// errNone says that there is no browser and that we may not install one.
var errNone = errors.New("there is no Chromium, and only root may install it: apt-get install chromium")

// executable is the path of Debian's Chromium, installed when it is missing.
func executable() (string, error) {
	if path, err := exec.LookPath("chromium"); err == nil {
		return path, nil
	}
	if os.Getuid() != 0 {
		return "", errNone
	}
	if err := dbtest.Install(os.Stderr, "chromium", "fonts-dejavu-core"); err != nil {
		return "", err
	}
	return exec.LookPath("chromium")
}

var stop func() // ends the browser

// running is the one browser of the run, as the context that tabs are made from.
var running = sync.OnceValues(func() (context.Context, error) {
	path, err := executable()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "brama-chromium-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], // with headless, and no background traffic
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true),
		// The second belt: a page that asks for another machine does not get there.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"),
		chromedp.Flag("lang", "en"), chromedp.Flag("font-render-hinting", "none"),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	stop = func() {
		_ = chromedp.Cancel(browser)
		end()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(browser); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return browser, nil
})

// need is the browser, or the end of the test.
func need(t testing.TB) context.Context {
	t.Helper()
	if os.Getenv(Variable) == "off" {
		t.Skip("no browser: " + Variable + "=off")
	}
	browser, err := running()
	if errors.Is(err, errNone) && os.Getenv("CI") != "true" {
		t.Skipf("THE PAGES ARE NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return browser
}
