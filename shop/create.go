package shop

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Create makes a shop. It is run under db.House, since the shop's own lock does
// not exist yet; make it with NewCreate.
type Create struct {
	ID         int64
	Name       string
	Values     []string // settings, as Set has them
	Actor      string
	Secret     string // sealed
	WebhookKey string // sealed
}

// NewCreate prepares a shop: its number is drawn when id is 0, and so is each
// secret that is not given. The secrets are answered in clear, to be shown once
// the shop is made; nothing else ever shows them again.
func NewCreate(box *seal.Box, random io.Reader, id int64, name, actor string, given Secrets) (Create, Secrets, error) {
	c := Create{ID: id, Name: name, Actor: actor}
	var err error
	if c.ID == 0 {
		if c.ID, err = drawID(random); err != nil {
			return Create{}, Secrets{}, err
		}
	}
	var shown Secrets
	if shown.API, c.Secret, err = API.prepare(box, random, c.ID, given.API); err != nil {
		return Create{}, Secrets{}, err
	}
	if shown.Webhook, c.WebhookKey, err = Webhook.prepare(box, random, c.ID, given.Webhook); err != nil {
		return Create{}, Secrets{}, err
	}
	return c, shown, c.check()
}

// drawID draws a number of nine digits. One that is taken is refused by Decide.
func drawID(random io.Reader) (int64, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return 0, fmt.Errorf("draw a shop's number: %w", err)
	}
	return 100_000_000 + int64(binary.BigEndian.Uint64(b[:])%900_000_000), nil //nolint:gosec // below 10^9
}

func (c Create) check() error {
	if c.ID < 1 || c.ID > MaxID {
		return fault.Param("id", "must be from 1 to "+strconv.FormatInt(MaxID, 10))
	}
	if reason := checkName(c.Name); reason != "" {
		return fault.Param("name", reason)
	}
	if c.Secret == "" || c.WebhookKey == "" {
		return fault.New(fault.Internal, "a shop is made with NewCreate")
	}
	return nil
}

func checkName(name string) (reason string) {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "must be text on one line"
	case strings.TrimSpace(name) != name || name == "":
		return "must not be empty, nor begin or end with a space"
	case utf8.RuneCountInString(name) > 100:
		return "must have at most 100 characters"
	}
	return ""
}

// Reads names the shop's row and the end of its audit chain.
func (c Create) Reads(r *db.Reads) {
	shops.Read(r, c.ID)
	audit.Read(r, c.ID)
}

// Decide makes the shop, active. fault.NotUnique when the number is taken.
func (c Create) Decide(s *db.State) (*Shop, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, taken := shops.Find(s, c.ID); taken {
		return nil, fault.New(fault.NotUnique, "Shop (id = %d) exists; choose another number", c.ID)
	}
	settings := Defaults()
	for _, value := range c.Values {
		if err := settings.Set(value); err != nil {
			return nil, err
		}
	}
	row := &Shop{
		ID: c.ID, Name: c.Name, Active: true, Secret: c.Secret, WebhookKey: c.WebhookKey,
		Stored: settings.text(), CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	shops.Insert(s, row)
	detail := append([]string{"name: " + strconv.Quote(c.Name)}, c.Values...)
	audit.Append(s, c.ID, c.Actor, "shop.create", subject(c.ID), strings.Join(detail, "; "))
	return row, nil
}

func subject(id int64) string { return "shop " + strconv.FormatInt(id, 10) }
