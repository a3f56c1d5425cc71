package provider

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Account is our account at a provider, with its secrets in clear. It lives in
// memory only, is shared and must not be changed, and prints as its name.
type Account struct {
	Name      string
	Connector string
	Active    bool
	Settings  map[string]string
	Secrets   map[string]string
	Version   int64 // of its row
}

// String is the name.
func (a Account) String() string { return "provider account " + a.Name }

// Format prints the name, whatever the verb: an account holds secrets.
func (a Account) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }

// LogValue keeps the secrets out of logs.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.Name) }

// accountRow is how an account is kept.
type accountRow struct {
	Name      string
	Connector string
	Active    bool
	Settings  string // JSON object of texts
	Secrets   string // sealed JSON object of texts
	CreatedAt int64  // Unix milliseconds
	UpdatedAt int64
	Version   int64
}

var accountRows = db.NewTable("provider_account", "name, connector, active, settings, secrets, created_at, updated_at, version", "name",
	func(r *accountRow) []any {
		return []any{&r.Name, &r.Connector, &r.Active, &r.Settings, &r.Secrets, &r.CreatedAt, &r.UpdatedAt, &r.Version}
	})

// open is the account with its secrets.
func (r *accountRow) open(box *seal.Box) (Account, error) {
	a := Account{Name: r.Name, Connector: r.Connector, Active: r.Active, Version: r.Version}
	plain, err := box.Open("provider_account", db.House, secretsField(r.Name), r.Secrets)
	if err != nil {
		return a, fault.Wrap(fault.Internal, err, "the secrets of %s do not open", a)
	}
	if err := json.Unmarshal(plain, &a.Secrets); err != nil {
		return a, fault.New(fault.Internal, "the secrets of %s cannot be read", a)
	}
	a.Settings, err = r.settings()
	return a, err
}

func (r *accountRow) settings() (map[string]string, error) {
	settings := map[string]string{}
	if err := json.Unmarshal([]byte(r.Settings), &settings); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the settings of provider account %s cannot be read", r.Name)
	}
	return settings, nil
}

// secretsField binds the secrets to their account: they all belong to the house.
func secretsField(name string) string { return "secrets/" + name }

func sealSecrets(box *seal.Box, name string, secrets map[string]string) (string, error) {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return "", err
	}
	return box.Seal("provider_account", db.House, secretsField(name), plain)
}

func accountNotFound(name string) error {
	return fault.New(fault.NotFound, "Provider account %s is not found", name)
}
