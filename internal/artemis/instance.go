package artemis

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// The instance's configuration: what `artemis create` would write for a
// broker with a login and one acceptor, without web console, clustering and
// tuning run. Writing it costs no JVM and shows the password to no command
// line.
//
//go:embed instance
var instanceFiles embed.FS

var instanceTemplates = template.Must(template.ParseFS(instanceFiles, "instance/*"))

// permission is what the roles in a list may do. Each of Options.Users has a role
// of its own, of the same name.
type permission struct{ Name, Roles string }

func permissions(users []User) []permission {
	var all []permission
	for _, name := range []string{
		"createNonDurableQueue", "deleteNonDurableQueue", "createDurableQueue", "deleteDurableQueue",
		"createAddress", "deleteAddress", "consume", "browse", "send", "manage",
	} {
		roles := []string{"amq"}
		for _, each := range users {
			if !slices.Contains(each.Lacks, name) {
				roles = append(roles, each.Name)
			}
		}
		all = append(all, permission{name, strings.Join(roles, ",")})
	}
	return all
}

func writeInstance(broker *Broker) error {
	options := broker.options
	etc := filepath.Join(options.Dir, "etc")
	for _, folder := range []string{etc, filepath.Join(options.Dir, "tmp")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("create the broker's folder: %w", err)
		}
	}
	type acceptor struct {
		Port       int
		Parameters string
	}
	values := struct {
		Etc, User, Password, ManagementAddress, CertificateName string
		Port                                                    int
		Acceptors                                               []acceptor
		Users                                                   []User
		Permissions                                             []permission
	}{etc, user, broker.password, options.ManagementAddress, options.CertificateName, broker.port, nil, options.Users, permissions(options.Users)}
	for i, parameters := range options.Acceptors {
		values.Acceptors = append(values.Acceptors, acceptor{broker.further[i], parameters})
	}
	for _, file := range instanceTemplates.Templates() {
		var text bytes.Buffer
		if err := file.Execute(&text, values); err != nil {
			return fmt.Errorf("fill in the broker's %s: %w", file.Name(), err)
		}
		if err := os.WriteFile(filepath.Join(etc, file.Name()), text.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write the broker's configuration: %w", err)
		}
	}
	return nil
}
