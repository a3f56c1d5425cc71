package shop

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// StoreSettings are what an operator decides about a store, defaults filled in.
type StoreSettings struct {
	Min, Max         money.Amount // of a payment, both allowed
	PartialDecline   bool         // a decline may return a part
	ConfirmSignature string       // Docs or WithState
	TokenMinutes     int          // how long a payment waits for its client
	HoldDays         int
	Rates            StoreRates
}

// StoreRates are the calculator's, by merchant type (api/payparts.md §11).
type StoreRates struct{ II, PP, PB, IA money.Percent }

// How the answers to confirm and cancel are signed: the bank's documents and its
// clients disagree (api/payparts.md §3).
const (
	Docs      = "docs"
	WithState = "with_state"
)

// Bounds of the settings that count time.
const (
	maxTokenMinutes = 30 * 24 * 60
	maxHoldDays     = 365
)

// TokenLife is how long a payment waits for its client.
func (s StoreSettings) TokenLife() time.Duration { return time.Duration(s.TokenMinutes) * time.Minute }

// HoldLife is how long a hold lasts before it is released.
func (s StoreSettings) HoldLife() time.Duration { return time.Duration(s.HoldDays) * 24 * time.Hour }

// storeKey is a setting of a store, as key is of a shop.
type storeKey struct {
	Key
	read  func(*StoreSettings) string
	write func(*StoreSettings, string) (reason string)
}

var storeKeys = []storeKey{
	storeAmount("min_amount", "300.00", "the least amount of a payment, in UAH", func(s *StoreSettings) *money.Amount { return &s.Min }),
	storeAmount("max_amount", "300000.00", "the greatest amount of a payment, in UAH", func(s *StoreSettings) *money.Amount { return &s.Max }),
	storeWord("partial_decline", "true: a decline may return a part of a payment; false: the whole only", []string{"false", "true"},
		func(s *StoreSettings) string { return strconv.FormatBool(s.PartialDecline) },
		func(s *StoreSettings, word string) { s.PartialDecline = word == "true" }),
	storeWord("confirm_signature", "how answers to confirm and cancel are signed: docs (store and order) or with_state (state, store, order, message)", []string{Docs, WithState},
		func(s *StoreSettings) string { return s.ConfirmSignature },
		func(s *StoreSettings, word string) { s.ConfirmSignature = word }),
	storeCount("token_minutes", "1440", "how many minutes a payment waits for its client", maxTokenMinutes, func(s *StoreSettings) *int { return &s.TokenMinutes }),
	storeCount("hold_days", "30", "how many days a hold lasts before it is released", maxHoldDays, func(s *StoreSettings) *int { return &s.HoldDays }),
	storeRate("rate_ii", "2.9", "what a payer of II pays on top of each part, in percent of the price", func(s *StoreSettings) *money.Percent { return &s.Rates.II }),
	storeRate("rate_pp", "0", "the same of PP", func(s *StoreSettings) *money.Percent { return &s.Rates.PP }),
	storeRate("rate_pb", "0", "the same of PB", func(s *StoreSettings) *money.Percent { return &s.Rates.PB }),
	storeRate("rate_ia", "0.99", "the same of IA", func(s *StoreSettings) *money.Percent { return &s.Rates.IA }),
}

// StoreKeys are the settings of a store, in the order in which they are shown.
func StoreKeys() []Key {
	list := make([]Key, len(storeKeys))
	for i, k := range storeKeys {
		list[i] = k.Key
	}
	return list
}

// Text is a setting as Set reads it; "" for no such setting.
func (s StoreSettings) Text(name string) string {
	for _, k := range storeKeys {
		if k.Name == name {
			return k.read(&s)
		}
	}
	return ""
}

// Set changes one setting, given as "key=value"; an empty value is the default.
// A fault.Invalid names the key.
func (s *StoreSettings) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return fault.Param(name, "must be written "+name+"=value")
	}
	return s.set(name, value)
}

func (s *StoreSettings) set(name, value string) error {
	at := slices.IndexFunc(storeKeys, func(k storeKey) bool { return k.Name == name })
	if at < 0 {
		names := []string{"payway"}
		for _, k := range storeKeys {
			names = append(names, k.Name)
		}
		return fault.Param(name, "no such setting; there are "+strings.Join(names, ", "))
	}
	if value == "" {
		value = storeKeys[at].Default
	}
	if reason := storeKeys[at].write(s, value); reason != "" {
		return fault.Param(name, reason)
	}
	return nil
}

// check is about what only all settings together tell.
func (s StoreSettings) check() error {
	if s.Min.Minor > s.Max.Minor {
		return fault.Param("min_amount", "must not be above max_amount")
	}
	return nil
}

// DefaultStoreSettings are those of a store for which nothing was set.
func DefaultStoreSettings() (s StoreSettings) {
	for _, k := range storeKeys {
		_ = k.write(&s, k.Default)
	}
	return s
}

func parseStoreSettings(text string) (StoreSettings, error) {
	settings, kept := DefaultStoreSettings(), map[string]string{}
	err := json.Unmarshal([]byte(text), &kept)
	for name, value := range kept {
		if err == nil {
			err = settings.set(name, value)
		}
	}
	if err != nil {
		return StoreSettings{}, fault.Wrap(fault.Internal, err, "the stored settings of a store cannot be read")
	}
	return settings, nil
}

// text is what parseStoreSettings reads back. Defaults are left out, so that a new
// release may change them.
func (s StoreSettings) text() string {
	kept := map[string]string{}
	for _, k := range storeKeys {
		if text := k.read(&s); text != k.Default {
			kept[k.Name] = text
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		panic(err) // maps of texts always marshal
	}
	return string(text)
}

func storeAmount(name, standard, doc string, field func(*StoreSettings) *money.Amount) storeKey {
	return storeKey{
		Key:  Key{Name: name, Doc: doc, Default: standard},
		read: func(s *StoreSettings) string { return field(s).Text() },
		write: func(s *StoreSettings, value string) string {
			amount, err := money.Parse(value, money.UAH)
			if err != nil {
				return err.Error()
			}
			if !amount.IsPositive() {
				return "must be greater than 0"
			}
			*field(s) = amount
			return ""
		},
	}
}

func storeWord(name, doc string, words []string, read func(*StoreSettings) string, write func(*StoreSettings, string)) storeKey {
	return storeKey{Key: Key{name, doc, words[0], words}, read: read, write: func(s *StoreSettings, value string) string {
		if !slices.Contains(words, value) {
			return "must be " + strings.Join(words, " or ")
		}
		write(s, value)
		return ""
	}}
}

func storeCount(name, standard, doc string, most int, field func(*StoreSettings) *int) storeKey {
	return storeKey{
		Key:  Key{Name: name, Doc: doc, Default: standard},
		read: func(s *StoreSettings) string { return strconv.Itoa(*field(s)) },
		write: func(s *StoreSettings, value string) string {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > most {
				return "must be from 1 to " + strconv.Itoa(most)
			}
			*field(s) = n
			return ""
		},
	}
}

func storeRate(name, standard, doc string, field func(*StoreSettings) *money.Percent) storeKey {
	return storeKey{
		Key:  Key{Name: name, Doc: doc, Default: standard},
		read: func(s *StoreSettings) string { return field(s).String() },
		write: func(s *StoreSettings, value string) string {
			rate, err := money.ParsePercent(value)
			if err != nil {
				return err.Error()
			}
			if rate > 100*money.Scale {
				return "must be at most 100"
			}
			*field(s) = rate
			return ""
		},
	}
}
