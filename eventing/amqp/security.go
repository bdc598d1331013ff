package amqp

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
)

// tlsConfig returns the configuration to use, nil for none: the user's roots
// and certificates, with a verification that can't be switched off.
func (c Config) tlsConfig(secure bool) (*tls.Config, error) {
	if !secure {
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
	return config, errors.Join(faults...)
}

// tlsFor is the configuration for one host, whose name is verified.
func tlsFor(config *tls.Config, host string) *tls.Config {
	if config == nil || config.ServerName != "" {
		return config
	}
	config = config.Clone()
	config.ServerName = host
	return config
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
