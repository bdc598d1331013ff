package jvm

import "syscall"

// processAttributes make the child die with its parent, and keep a Ctrl-C
// that is meant for the parent away from it: the parent stops it in order.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
