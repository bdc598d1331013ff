//go:build !linux

package jvm

import "syscall"

// processAttributes are the system's defaults: only Linux can tie a child's
// life to its parent's.
func processAttributes() *syscall.SysProcAttr {
	return nil
}
