package payway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/brama-pay/brama/fault"
)

// Field is one more text that a payway asks for: of the account of a payout, or
// as an add-on of an invoice.
type Field struct {
	Regex    string `json:"regex"` // the whole text must match; "" is any
	Title    string `json:"title"`
	Example  string `json:"example"`
	Required bool   `json:"required"`
	Default  string `json:"default,omitempty"` // taken when the field is absent
}

// Fields are fields by name.
type Fields map[string]Field

// Names are the names in order.
func (f Fields) Names() []string { return slices.Sorted(maps.Keys(f)) }

// Limits of what a payway may ask for and of what is given.
const (
	maxFields = 32
	maxRegex  = 500
	maxText   = 255 // characters
)

// Details are the further fields of an account (account_details on the wire).
func (p *Payway) Details() (Fields, error) { return storedFields(p.StoredDetails) }

// AddOns are the further fields of an invoice (add_ons_config on the wire).
func (p *Payway) AddOns() (Fields, error) { return storedFields(p.StoredAddOns) }

// Settings are what the payway tells its connector: "merchant_type".
func (p *Payway) Settings() (map[string]string, error) {
	settings, err := parseSettings(p.StoredSettings)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the stored settings of payway %s cannot be read", p.Alias)
	}
	return settings, nil
}

// AccountPattern matches the accounts that can be paid; the whole text must match.
func (p *Payway) AccountPattern() (*regexp.Regexp, error) { return pattern(p.AccountRegex) }

// CheckAccount is fault.AccountNotFound for an account that the payway's pattern
// does not allow. The account is not repeated.
func (p *Payway) CheckAccount(account string) error {
	re, err := p.AccountPattern()
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the account pattern of payway %s", p.Alias)
	}
	if account == "" || utf8.RuneCountInString(account) > maxText || !re.MatchString(account) {
		return fault.New(fault.AccountNotFound, "Account is not found: it has not the form that payway (alias = %s) asks for", p.Alias)
	}
	return nil
}

// Pick takes from what was given the fields that are asked for, defaults filled
// in, and leaves the rest. A fault.Invalid names each wrong one behind prefix:
// account_details.name="field required". The texts are not repeated.
func (f Fields) Pick(prefix string, given map[string]string) (map[string]string, error) {
	picked, wrong := map[string]string{}, map[string]string{}
	for name, field := range f {
		text, ok := given[name]
		if !ok && field.Default != "" {
			text, ok = field.Default, true
		}
		switch reason := field.check(text, ok); {
		case reason != "":
			wrong[prefix+name] = reason
		case ok:
			picked[name] = text
		}
	}
	if len(wrong) > 0 {
		return nil, fault.Params(wrong)
	}
	return picked, nil
}

func (f Field) check(text string, given bool) (reason string) {
	if !given {
		if f.Required {
			return "field required"
		}
		return ""
	}
	re, err := pattern(f.Regex)
	switch {
	case f.Required && text == "":
		return "field required"
	case utf8.RuneCountInString(text) > maxText:
		return "must have at most 255 characters"
	case err != nil || !re.MatchString(text):
		return "not in the form that the payway asks for"
	}
	return ""
}

func storedFields(text string) (Fields, error) {
	fields, err := parseFields(text)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the stored fields of a payway cannot be read")
	}
	return fields, nil
}

func parseFields(text string) (Fields, error) {
	if text == "" || text == "{}" {
		return Fields{}, nil
	}
	var fields Fields
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, errors.New(`must be JSON as {"name":{"regex":"…","title":"…","example":"…","required":false}}`)
	}
	return fields, nil
}

// check is why the fields cannot be asked for.
func (f Fields) problem() error {
	if len(f) > maxFields {
		return fmt.Errorf("must be at most %d fields", maxFields)
	}
	for _, name := range f.Names() {
		if !fieldName.MatchString(name) {
			return errors.New("names have 1 to 50 letters, digits and underscores")
		}
		if err := checkRegex(f[name].Regex); err != nil {
			return fmt.Errorf("regex of %s %w", name, err)
		}
		if reason := f[name].check(f[name].Default, f[name].Default != ""); reason != "" && f[name].Default != "" {
			return fmt.Errorf("default of %s is %s", name, reason)
		}
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Za-z0-9_]{1,50}$`)

func parseSettings(text string) (map[string]string, error) {
	settings := map[string]string{}
	if text == "" {
		return settings, nil
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil || settings == nil {
		return nil, errors.New(`must be JSON of texts, as {"merchant_type":"PP"}`)
	}
	return settings, nil
}

func checkRegex(text string) error {
	if len(text) > maxRegex {
		return fmt.Errorf("must have at most %d characters", maxRegex)
	}
	if _, err := pattern(text); err != nil {
		return fmt.Errorf("cannot be understood: %w", err)
	}
	return nil
}

// patterns are the compiled expressions by their text. A catalogue has few; when
// there are more than fit, all are forgotten and compiled again as needed.
var patterns = struct {
	sync.Mutex
	byText map[string]*regexp.Regexp
}{byText: map[string]*regexp.Regexp{}}

const maxPatterns = 1024

// pattern compiles an expression that must match a whole text. Go's matching
// takes time linear in the text, whatever the expression is.
func pattern(text string) (*regexp.Regexp, error) {
	patterns.Lock()
	defer patterns.Unlock()
	if re := patterns.byText[text]; re != nil {
		return re, nil
	}
	if _, err := regexp.Compile(text); err != nil { // by itself: a stray bracket must not close ours
		return nil, err
	}
	whole := `\A(?:` + text + `)\z`
	if text == "" {
		whole = ""
	}
	re, err := regexp.Compile(whole)
	if err != nil {
		return nil, err
	}
	if len(patterns.byText) >= maxPatterns {
		clear(patterns.byText)
	}
	patterns.byText[text] = re
	return re, nil
}
