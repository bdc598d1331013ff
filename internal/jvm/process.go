package jvm

import (
	"os"
	"os/exec"
	"runtime"
)

// process is a running child. One goroutine starts it and waits for it.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the child is gone
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = processAttributes()
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ties a child's parent-death signal to the thread that
		// started it: this thread must last as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // a killed JVM has an exit code that tells nothing
		}
	}()
	return p, <-started
}

// signal tells the child; one that is already gone needs no telling.
func (p *process) signal(signal os.Signal) {
	_ = p.cmd.Process.Signal(signal)
}

func (p *process) kill() {
	p.signal(os.Kill)
	<-p.done
}
