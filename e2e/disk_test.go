package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/brama-pay/brama/client/avanor"
)

// What a disk can do to a running gateway besides being full: lose its power, turn
// read-only, be slow, and fail to sync. Each needs rights over the machine that a
// test does not have everywhere; where they are missing the test says so.

// volume is a small ext4 file system of its own, in a file.
type volume struct {
	t         *testing.T
	image, at string
}

func newVolume(t *testing.T, image, at string) *volume {
	t.Helper()
	v := &volume{t: t, image: image, at: at}
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 256<<20); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("no file system can be made here: %v %s", err, said)
	}
	if said, err := v.mount(); err != nil {
		t.Skipf("no file system can be mounted here: %v %s", err, said)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", at).Run() })
	return v
}

func (v *volume) mount() ([]byte, error) {
	return exec.Command("mount", "-o", "loop", v.image, v.at).CombinedOutput()
}

// shutdown is ext4's EXT4_IOC_SHUTDOWN, and its flag not to write anything more.
const (
	shutdown   = 0x8004587d
	noLogFlush = uint32(2)
)

// cut takes the power away: what was not synced until now is lost, and nothing can
// be read or written any more.
func (v *volume) cut() {
	v.t.Helper()
	dir, err := os.Open(v.at)
	if err != nil {
		v.t.Fatal(err)
	}
	defer dir.Close()
	flag := noLogFlush
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, dir.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		v.t.Fatalf("cut the power: %v", errno)
	}
}

// revive mounts what is left, as a machine does that has power again.
func (v *volume) revive() {
	v.t.Helper()
	if said, err := exec.Command("umount", v.at).CombinedOutput(); err != nil {
		v.t.Fatalf("unmount: %v %s", err, said)
	}
	if said, err := v.mount(); err != nil {
		v.t.Fatalf("mount again: %v %s", err, said)
	}
}

// The power of the disk fails under load, again and again. A killed process loses
// nothing that it wrote; a disk loses what was not synced. What was acknowledged
// is there all the same. The provider's books lie on another disk: its power stays.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	disk := newVolume(t, filepath.Join(g.dir, "image"), g.data())
	if err := os.Symlink(filepath.Join(g.dir, "sandbox.db"), filepath.Join(g.data(), "sandbox.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.kill)
	g.start()
	r := newReceiver(t)
	l := newLoad(g, r)
	l.doubtful = true
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	for range crashRounds(t) {
		l.until(chance, func() {
			// The machine dies before its disk, if only just: an fsync that the ext4
			// shutdown overtakes may be answered with 0 (the journal's commit had
			// "ended", aborted), and no dead machine would have passed that on.
			g.kill()
			disk.cut()
		})
		disk.revive()
		g.start()
	}
	g.quiet()
	l.kept(t, r)
	g.balanced()
	g.stop()
}

// frozen makes files immutable, so that even who has them open cannot write, until
// the function it gives is called.
func frozen(t *testing.T, paths ...string) (thaw func()) {
	t.Helper()
	thaw = func() { _ = exec.Command("chattr", append([]string{"-i"}, paths...)...).Run() }
	if said, err := exec.Command("chattr", append([]string{"+i"}, paths...)...).CombinedOutput(); err != nil {
		thaw()
		t.Skipf("no file can be made immutable here: %v %s", err, said)
	}
	t.Cleanup(thaw)
	return thaw
}

// The database's files become read-only while they are served: nothing is
// acknowledged, reading goes on, and when they can be written again so does all else.
func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	g.start()
	l := newLoad(g, newReceiver(t))
	l.doubtful = true
	chance := rand.New(rand.NewPCG(1, 1))
	for range 2 {
		l.until(chance, func() {
			thaw := frozen(t, filepath.Join(g.data(), "brama.db"), filepath.Join(g.data(), "brama.db-wal"))
			time.Sleep(50 * time.Millisecond) // what had begun ends
			for range 5 {
				if err := l.payout(context.Background(), g.shop(demoShop), "7654"); !isCode(err, avanor.ErrUnavailable) {
					t.Errorf("a payout on a read-only file: %v", err)
				}
			}
			if _, err := g.shop(demoShop).Balances(context.Background()); err != nil {
				t.Errorf("reading a read-only file: %v", err)
			}
			thaw()
			l.accepted()
		})
	}
	g.quiet()
	l.kept(t, l.receiver)
	g.balanced()
}

// accepted waits until a payout is accepted again.
func (l *load) accepted() {
	l.g.t.Helper()
	l.g.eventually("a payout is accepted again", func() bool { return l.payout(context.Background(), l.g.shop(demoShop), "7654") == nil })
}

// A disk that is read-only from the start is named, and nothing is served.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	g.start()
	g.payout(g.account("7654"), "1.00")
	g.quiet()
	g.stop()
	for _, flags := range []uintptr{syscall.MS_BIND, syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY} {
		if err := syscall.Mount(g.data(), g.data(), "", flags, ""); err != nil {
			t.Skipf("nothing can be mounted here: %v", err)
		}
	}
	status, said := g.brama("serve", "--demo", "--listen", "127.0.0.1:0")
	if err := syscall.Unmount(g.data(), syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	if status == 0 || !strings.Contains(said, g.data()) || !strings.Contains(said, "read-only") {
		t.Errorf("serving a read-only directory: exit status %d\n%s", status, said)
	}
	g.start()
	g.balanced()
}

// meddle lets something happen to system calls of the program, as strace can,
// until the function it gives is called.
func (g *gateway) meddle(calls, what string) (end func()) {
	g.t.Helper()
	c := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+calls+":"+what, "-p", fmt.Sprint(g.process.Process.Pid))
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := c.Start(); err != nil {
		g.t.Skipf("no strace: %v", err)
	}
	gone := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(gone)
	}()
	end = func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it lets go
		<-gone
	}
	g.t.Cleanup(end)
	g.eventually("strace holds the program", func() bool {
		select {
		case <-gone:
			g.t.Skip("strace may not look at a process here")
		default:
		}
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.process.Process.Pid))
		return !strings.Contains(string(text), "TracerPid:\t0\n")
	})
	return end
}

const syncs = "fsync,fdatasync"

// Every sync takes a third of a second: everything is slow, and nothing is lost,
// done twice or answered before it is on the disk.
func TestSlowSync(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	g.start()
	l := newLoad(g, newReceiver(t))
	l.doubtful = true
	end := g.meddle(syncs, "delay_enter=333000")
	began := time.Now()
	if err := l.payout(context.Background(), g.shop(demoShop), "7654"); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < 333*time.Millisecond {
		t.Errorf("a payout was acknowledged after %s, before its commit was on the disk", took)
	}
	l.until(rand.New(rand.NewPCG(1, 1)), func() {})
	end()
	g.quiet()
	l.kept(t, l.receiver)
	g.balanced()
}

// A sync that fails leaves an outcome that nobody knows: nothing that it was for is
// acknowledged, and afterwards each is there once or not at all.
func TestFailingSync(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	g.start()
	l := newLoad(g, newReceiver(t))
	l.doubtful = true
	chance := rand.New(rand.NewPCG(1, 1))
	for range 2 {
		l.until(chance, func() {
			end := g.meddle(syncs, "error=EIO")
			time.Sleep(50 * time.Millisecond) // what had begun ends
			for range 5 {
				if err := l.payout(context.Background(), g.shop(demoShop), "7654"); !isCode(err, avanor.ErrUnavailable) {
					t.Errorf("a payout that cannot be synced: %v", err)
				}
			}
			end()
			l.accepted()
		})
	}
	g.quiet()
	l.kept(t, l.receiver)
	g.balanced()
}
