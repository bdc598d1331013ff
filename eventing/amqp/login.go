package amqp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/go-amqp"
)

// login makes the SASL mechanism of one connection. Only it knows the password:
// a function prints as an address.
type login func(ctx context.Context) (amqp.SASLType, error)

func always(sasl amqp.SASLType) login {
	return func(context.Context) (amqp.SASLType, error) { return sasl, nil }
}

// authentication returns how to authenticate.
func (c Config) authentication(place location) (SASL, login, error) {
	named := place.user != "" || place.password != ""
	mechanism := c.SASL
	if mechanism == SASLAuto {
		mechanism = SASLAnonymous
		if named || c.Credentials != nil {
			mechanism = SASLPlain
		}
	}
	if c.Credentials != nil && (named || mechanism != SASLPlain) {
		return mechanism, nil, errors.New("amqp: Config.Credentials takes the place of user and password, and is for SASL PLAIN: remove them, or it")
	}
	switch mechanism {
	case SASLPlain:
		if c.Credentials != nil {
			return mechanism, asking(c.Credentials), nil
		}
		if place.user == "" {
			return mechanism, nil, errors.New("amqp: SASL PLAIN needs a user: set User, or write amqp://user:password@host:port")
		}
		return mechanism, always(amqp.SASLTypePlain(place.user, place.password)), nil
	case SASLAnonymous:
		if named {
			return mechanism, nil, errors.New("amqp: SASL ANONYMOUS has no user and no password: remove them or choose SASLPlain")
		}
		return mechanism, always(amqp.SASLTypeAnonymous()), nil
	case SASLExternal:
		if c.TLS == nil || len(c.TLS.Certificates) == 0 && c.TLS.GetClientCertificate == nil {
			return mechanism, nil, errors.New("amqp: SASL EXTERNAL needs a client certificate: set Config.TLS with Certificates")
		}
		return mechanism, always(amqp.SASLTypeExternal("")), nil
	case SASLAuto:
	}
	return mechanism, nil, fmt.Errorf("amqp: Config.SASL %d is unknown", int(c.SASL))
}

// checkEncrypted refuses to send a password where others could read it.
func (c Config) checkEncrypted(secure bool, at hostPort) error {
	if !secure && !c.AllowPlaintextAuth && !isLoopback(at.host) {
		return fmt.Errorf("amqp: the password would go to %s unencrypted: use amqps://, or set Config.AllowPlaintextAuth if the network is trusted", at.address())
	}
	return nil
}

// asking asks for user and password each time.
func asking(credentials func(context.Context) (user, password string, err error)) login {
	return func(ctx context.Context) (amqp.SASLType, error) {
		user, password, err := credentials(ctx)
		if err != nil {
			return nil, &credentialsError{hide(describe(err), password)}
		}
		if user == "" {
			return nil, &credentialsError{"it has returned no user"}
		}
		return amqp.SASLTypePlain(user, password), nil
	}
}

// credentialsError is a call of Config.Credentials that has failed. It doesn't
// wrap the error, which may print what it must not.
type credentialsError struct{ reason string }

func (e *credentialsError) Error() string { return "Config.Credentials has failed: " + e.reason }

func hide(text, secret string) string {
	if secret == "" {
		return text
	}
	return strings.ReplaceAll(text, secret, "…")
}
