package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// SignatureHeader carries a notice's HMAC-SHA256 over its body, in hex.
const SignatureHeader = "Sandbox-Signature"

// noticeKey is the name of a provider account's secret that signs its notices.
const noticeKey = "notice_key"

// perStep bounds the notices sent by one Step.
const perStep = 32

// notice is owed to the gateway until Due is 0. It is kept in the books, so that
// it survives a restart.
type notice struct {
	Shop      int64
	Reference string
	Seq       int64
	Account   string
	Operation int64
	N         int64
	Verb      provider.Verb
	State     State
	DueAt     int64 // Unix ms; 0: it was sent
	Version   int64
}

var notices = db.NewTable("notice", "shop_id, reference, seq, account, operation, n, verb, state, due_at, version", "reference, seq, shop_id",
	func(n *notice) []any {
		return []any{&n.Shop, &n.Reference, &n.Seq, &n.Account, &n.Operation, &n.N, &n.Verb, &n.State, &n.DueAt, &n.Version}
	})

// owe writes down notices of an act, to be sent in this order.
func owe(s *db.State, a *act, due int64, states ...State) {
	for i, state := range states {
		notices.Insert(s, &notice{
			Shop: a.Shop, Reference: a.Reference, Seq: int64(i + 1), Account: a.Account, Operation: a.Operation, N: a.N, Verb: a.Verb,
			State: state, DueAt: due,
		})
	}
}

// message is a notice's body. It has no time in it: a repeat is the same to the byte.
type message struct {
	Account   string        `json:"account"`
	Shop      int64         `json:"shop"`
	Operation int64         `json:"operation"`
	N         int64         `json:"attempt"`
	Reference string        `json:"reference"`
	Verb      provider.Verb `json:"verb"`
	State     State         `json:"state"`
}

// Step sends the notices that are due; false when none is.
func (s *Sandbox) Step(ctx context.Context) (worked bool, err error) {
	due, err := notices.Select(ctx, s.DB.Reader(), "due_at > 0 AND due_at <= $1 ORDER BY due_at, reference, seq LIMIT $2",
		s.Now().UnixMilli(), perStep)
	if err != nil {
		return false, err
	}
	for _, n := range due {
		if err := s.send(ctx, n); err != nil {
			return worked, err
		}
		worked = true
	}
	return worked, nil
}

// send takes one notice to the gateway and then writes down that it was sent: a
// crash between the two sends it again.
func (s *Sandbox) send(ctx context.Context, n *notice) error {
	key, err := s.keyOf(ctx, n.Account)
	if err != nil {
		return err
	}
	body, err := json.Marshal(message{n.Account, n.Shop, n.Operation, n.N, n.Reference, n.Verb, n.State})
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, SignatureHeader: {s.sum(key, string(body))}}
	s.Notify(ctx, n.Account, header, body)
	_, err = do(ctx, s.DB, n.Shop, sent{n.Shop, n.Reference, n.Seq})
	return err
}

// sent is the use case that crosses a notice off.
type sent struct {
	shop      int64
	reference string
	seq       int64
}

func (u sent) Reads(r *db.Reads) {
	shops.Read(r, u.shop)
	notices.Read(r, u.reference, u.seq, u.shop)
}

func (u sent) Decide(s *db.State) (struct{}, error) {
	if err := opened(s, u.shop); err != nil {
		return struct{}{}, err
	}
	if n, ok := notices.Find(s, u.reference, u.seq, u.shop); ok && n.DueAt != 0 {
		n.DueAt = 0
		notices.Update(s, n)
	}
	return struct{}{}, nil
}

// keyOf is the key of an account's notices: its own, or one derived from ours.
func (s *Sandbox) keyOf(ctx context.Context, name string) ([]byte, error) {
	if s.Accounts == nil {
		return s.signingKey(provider.Account{Name: name}), nil
	}
	account, err := s.Accounts(ctx, name)
	return s.signingKey(account), err
}

func (s *Sandbox) signingKey(a provider.Account) []byte {
	if key := a.Secrets[noticeKey]; key != "" {
		return []byte(key)
	}
	return []byte(s.sum(s.Key, "notices|"+a.Name))
}

// What Notices refuses.
var (
	errSignature = errors.New("the notice is not signed by the sandbox")
	errMessage   = errors.New("the notice is signed but cannot be read")
)

// Notices verifies a notice, in constant time, before it reads it.
func (s *Sandbox) Notices(account provider.Account, header http.Header, body []byte) ([]provider.Notice, error) {
	want := s.sum(s.signingKey(account), string(body))
	if !hmac.Equal([]byte(want), []byte(header.Get(SignatureHeader))) {
		return nil, errSignature
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil || m.Account != account.Name {
		return nil, errMessage
	}
	sum := sha256.Sum256(body)
	return []provider.Notice{{
		Reference: m.Reference, Shop: m.Shop, Operation: m.Operation, N: m.N, Verb: m.Verb,
		Fingerprint: hex.EncodeToString(sum[:16]),
	}}, nil
}
