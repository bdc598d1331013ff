package artemis

import (
	"crypto/rand"
	"syscall"
)

// Suspend has the broker do nothing until Resume (SIGSTOP), while its
// connections stay open. Kill and Restart work meanwhile.
func (b *Broker) Suspend() { b.Signal(syscall.SIGSTOP) }

// Resume ends a Suspend.
func (b *Broker) Resume() { b.Signal(syscall.SIGCONT) }

// ChangePassword gives the broker's user another password. It counts after the
// next Restart; URL has it at once.
func (b *Broker) ChangePassword() error {
	b.password = PasswordMarker + rand.Text()
	return writeInstance(b)
}
