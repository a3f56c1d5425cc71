package browser_test

import (
	"os"
	"testing"

	"github.com/brama-pay/brama/e2e/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }
