package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// ClockVariable names the file by which a program with a clock of its own is told
// how far that is put, in seconds.
const ClockVariable = "BRAMA_TEST_CLOCK"

// steppedTime is a part of package time that adds what the file says. What only
// goes on – timers, deadlines, the difference of two readings – is as it was, just
// as when the machine's clock is put.
const steppedTime = `package time

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

var put = func() *int64 {
	path, told := syscall.Getenv("` + ClockVariable + `")
	if !told {
		return new(int64)
	}
	file, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		panic(err)
	}
	page, err := syscall.Mmap(file, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return (*int64)(unsafe.Pointer(&page[0]))
}()

func putBy() int64 { return atomic.LoadInt64(put) }
`

// BuildStepped is the program of this tree, built with that package time.
var BuildStepped = sync.OnceValues(func() (string, error) {
	if _, err := Build(); err != nil {
		return "", err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	text, err := os.ReadFile(filepath.Join(folder, "time.go"))
	if err != nil {
		return "", err
	}
	const reading = "\tsec, nsec, mono := runtimeNow()\n"
	if n := bytes.Count(text, []byte(reading)); n != 1 {
		return "", fmt.Errorf("this Go reads its clock in %d places, not in one", n)
	}
	if built == "" { // another program is tested; ours goes into a folder of its own
		dir, err := os.MkdirTemp("", "brama-e2e-")
		if err != nil {
			return "", err
		}
		built = filepath.Join(dir, "brama")
	}
	dir := filepath.Dir(built)
	replaced := map[string]string{}
	for name, text := range map[string]string{
		"time.go": strings.Replace(string(text), reading, reading+"\tsec += putBy()\n", 1), "time_put.go": steppedTime,
	} {
		replaced[filepath.Join(folder, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return "", err
	}
	to := filepath.Join(dir, "brama-stepped")
	said, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", to, "github.com/brama-pay/brama/cmd/brama").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, said)
	}
	return to, err
})
