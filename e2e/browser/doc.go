// Package browser lets tests look at the gateway as people do: the built program
// with the demo's data on the one side, Debian's Chromium on the other. It is for
// tests.
//
// It must not know what a page says: that is the tests'. One browser serves all
// tests of a package, each of which has a tab of its own with its own cookies. A
// test fails by itself when its page writes an error or a warning to the console,
// breaks its own content security policy, or asks anything of an address that is
// not this machine's.
//
//	func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }
//
//	func TestSignIn(t *testing.T) {
//		gateway := browser.Serve(t)         // brama serve --demo, of this test alone
//		tab := browser.Open(t, gateway, browser.Phone, browser.Dark)
//		tab.Visit("/console")               // a path of the gateway, or a whole address
//		tab.Type("#email", "operator@demo.local")
//		tab.Press(browser.Enter)            // or tab.Click("button[type=submit]")
//		tab.See("Wrong password")           // waits until the page says so
//		tab.Axe()                           // no serious fault, light and dark
//		tab.Shot("sign-in-wrong")           // PNGs when BRAMA_SHOTS names a folder
//	}
//
// Where there is no Chromium it is installed, which root alone may; another user's
// tests are skipped, but fail when CI=true. BRAMA_TEST_BROWSER=off skips them.
package browser
