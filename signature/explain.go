package signature

// Field is one field of a request and its raw text.
type Field struct{ Name, Value string }

// Explanation is how a request's signature comes about, step by step.
type Explanation struct {
	Method  string
	Known   bool     // the method has a list of signed fields
	Fields  []Field  // what is signed, in signing order
	Missing []string // signed fields that the body does not have
	Ignored []string // fields of the body that are not signed
	Joined  string   // the canonical text, followed by *** for the secret
	Hash    string   // the signature
}

// Explain shows each step of signing the raw texts of a body for the method.
func Explain(method string, body map[string]string, secret string) Explanation {
	return Explanation{Method: method}
}

// Finding is one mistake in the making of a signature.
type Finding struct {
	Wrong string // what was done
	Fix   string // what to do instead
}

// Diagnose finds what went wrong in a given signature of a body: nil when it is right.
func Diagnose(method string, body map[string]string, secret, given string) []Finding { return nil }
