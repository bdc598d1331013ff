package amqp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/Azure/go-amqp"
)

// tlsConfig returns the configuration to use, nil for none: the user's roots
// and certificates, with a verification that can't be switched off.
func (c Config) tlsConfig(place location) (*tls.Config, error) {
	if !place.secure {
		if c.TLS != nil {
			return nil, errors.New("amqp: Config.TLS is set, but the URL's scheme is amqp: write amqps://")
		}
		return nil, nil //nolint:nilnil // nil means no TLS
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	var faults []error
	if config.InsecureSkipVerify {
		faults = append(faults, errors.New("amqp: Config.TLS has InsecureSkipVerify: certificates are always verified; put the broker's authority into RootCAs"))
	}
	if config.VerifyPeerCertificate != nil || config.VerifyConnection != nil || config.EncryptedClientHelloRejectionVerify != nil {
		faults = append(faults, errors.New("amqp: Config.TLS has a Verify hook: the verification can't be replaced; put the broker's authority into RootCAs"))
	}
	if config.MinVersion == 0 {
		config.MinVersion = tls.VersionTLS12
	}
	if config.MinVersion < tls.VersionTLS12 || config.MaxVersion != 0 && config.MaxVersion < tls.VersionTLS12 {
		faults = append(faults, errors.New("amqp: Config.TLS allows versions before TLS 1.2: leave MinVersion and MaxVersion 0"))
	}
	if config.ServerName == "" {
		config.ServerName = place.host
	}
	return config, errors.Join(faults...)
}

// authentication returns the SASL mechanism. Only the function that it returns
// knows the password: a function prints as an address.
func (c Config) authentication(place location) (SASL, amqp.SASLType, error) {
	mechanism := c.SASL
	if mechanism == SASLAuto {
		mechanism = SASLAnonymous
		if place.user != "" || place.password != "" {
			mechanism = SASLPlain
		}
	}
	switch mechanism {
	case SASLPlain:
		return mechanism, amqp.SASLTypePlain(place.user, place.password), c.checkPlain(place)
	case SASLAnonymous:
		if place.user != "" || place.password != "" {
			return mechanism, nil, errors.New("amqp: SASL ANONYMOUS has no user and no password: remove them or choose SASLPlain")
		}
		return mechanism, amqp.SASLTypeAnonymous(), nil
	case SASLExternal:
		if c.TLS == nil || len(c.TLS.Certificates) == 0 && c.TLS.GetClientCertificate == nil {
			return mechanism, nil, errors.New("amqp: SASL EXTERNAL needs a client certificate: set Config.TLS with Certificates")
		}
		return mechanism, amqp.SASLTypeExternal(""), nil
	case SASLAuto:
	}
	return mechanism, nil, fmt.Errorf("amqp: Config.SASL %d is unknown", int(c.SASL))
}

func (c Config) checkPlain(place location) error {
	if place.user == "" {
		return errors.New("amqp: SASL PLAIN needs a user: set User, or write amqp://user:password@host:port")
	}
	if !place.secure && !c.AllowPlaintextAuth && !isLoopback(place.host) {
		return fmt.Errorf("amqp: the password would go to %s unencrypted: use amqps://, or set Config.AllowPlaintextAuth if the network is trusted", place.address())
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// explainAlert explains that the peer doesn't want our certificate, if it is
// that. With TLS 1.3 it tells so only after the handshake.
func (e *endpoint) explainAlert(err error) string {
	alert, ok := errors.AsType[*net.OpError](err)
	if !ok || alert.Op != "remote error" || !strings.Contains(describe(err), "certificate") {
		return ""
	}
	if len(e.tls.Certificates) == 0 && e.tls.GetClientCertificate == nil {
		return "the broker wants a client certificate: put one that it trusts into the Certificates of Config.TLS"
	}
	return "the broker refuses the client certificate (" + describe(err) + "): check when it expires, and that the broker trusts its authority"
}
