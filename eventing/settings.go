package eventing

import (
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

// Use has the environment send and receive through this source, whatever its
// module says: for tests, or a flag.
func Use(source Source) environment.Option {
	return environment.Setting(useSource{source})
}

// ServerName names this server, for the queues that each server has for
// itself. It wins over the name in the transport's Config. Processes that run
// at the same time must have different names.
func ServerName(name string) environment.Option {
	return environment.Setting(serverName(name))
}

// UseCodec has the environment encode by this codec all events that have none
// of their own (see [EncodedBy]). The default is [JSON].
func UseCodec(codec Codec) environment.Option {
	return environment.Setting(useCodec{codec})
}

// MaxBodyBytes bounds the body of an event that is sent or comes, as
// MaxBodyBytes of [Config] does.
func MaxBodyBytes(n int64) environment.Option {
	return environment.Setting(maxBodyBytes(n))
}

// UseCodecs gives the environment further codecs that its listeners read; see
// [Config].Codecs.
func UseCodecs(codecs ...Codec) environment.Option {
	return environment.Setting(useCodecs(codecs))
}

// Observe has the environment's event manager tell an observer. It may be given
// several times. A nil one is an error of the boot.
func Observe(observer Observer) environment.Option { return environment.Setting(observer) }

type (
	useSource  struct{ Source }
	useCodec   struct{ Codec }
	useCodecs  []Codec
	serverName string

	maxBodyBytes int64
)

// readSettings returns what the options of the boot say of the manager, and the
// server's name.
func readSettings(inspection *environment.Inspection) (manager Config, server string) {
	manager = Config{Logger: inspection.Logger()}
	if codec, ok := environment.SettingOf[useCodec](inspection); ok {
		manager.Codec = codec.Codec
	}
	if most, ok := environment.SettingOf[maxBodyBytes](inspection); ok {
		if most <= 0 {
			inspection.Report(nil, fmt.Errorf("eventing.MaxBodyBytes(%d) must be positive", most), "")
		}
		manager.MaxBodyBytes = int64(most)
	}
	if codecs, ok := environment.SettingOf[useCodecs](inspection); ok {
		manager.Codecs = codecs
	}
	for _, observer := range environment.SettingsOf[Observer](inspection) {
		if observer == nil {
			inspection.Report(nil, errors.New("eventing.Observe was given nil"), "leave it out")
			continue
		}
		manager.Observers = append(manager.Observers, observer)
	}
	name, _ := environment.SettingOf[serverName](inspection)
	server = string(name)
	if err := checkServerName(server); err != nil {
		inspection.Report(nil, fmt.Errorf("eventing.ServerName: %w", err), "")
	}
	return manager, server
}
