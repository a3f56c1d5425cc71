package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

// The ways of a rotation.
const (
	startRotation  = "start"
	revokeSecret   = "revoke"
	finishRotation = "finish"
)

var rotations = []option{
	{startRotation, "make a new one; the old one stays valid"},
	{finishRotation, "finish: only the new one is valid"},
	{revokeSecret, "it has leaked: make a new one, the old one is not valid any more at once"},
}

func rotationField(v *visit, wrong problems) input {
	return input{name: "how", label: "How", value: v.value("how"), problem: wrong["how"], options: rotations}
}

func (v *visit) rotation() (string, error) {
	how := v.value("how")
	for _, o := range rotations {
		if o.value == how {
			return how, nil
		}
	}
	return "", fault.Param("how", "must be start, finish or revoke")
}

type rotateArguments struct {
	Kind  shop.Kind `json:"kind,omitempty"`
	Store string    `json:"store,omitempty"`
	How   string    `json:"how"`
}

func rotateFields(v *visit, wrong problems) []input {
	return []input{
		shopField(v, wrong),
		{name: "kind", label: "Which secret", value: v.value("kind"), problem: wrong["kind"], options: []option{
			{string(shop.API), "secret: signs requests and callbacks"}, {string(shop.Webhook), "webhook key: signs the Standard Webhooks headers"},
		}},
		rotationField(v, wrong),
	}
}

func readRotate(v *visit) (order, error) {
	shopID, err := v.shopID()
	if err != nil {
		return order{}, err
	}
	a := rotateArguments{Kind: shop.Kind(v.value("kind"))}
	if a.Kind != shop.API && a.Kind != shop.Webhook {
		return order{}, fault.Param("kind", "must be secret or webhook_key")
	}
	if a.How, err = v.rotation(); err != nil {
		return order{}, err
	}
	return ordered(order{shop: shopID, subject: fmt.Sprintf("%s of shop %d: %s", a.Kind, shopID, a.How)}, a)
}

func planRotate(v *visit, o order, actor string) (plan, error) {
	var a rotateArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	if a.How == finishRotation {
		return plan{act: telling(shop.FinishRotation{Shop: o.shop, Kind: a.Kind, Actor: actor}, sayFinished)}, nil
	}
	u, plain, err := shop.NewRotation(v.Box, v.Random, o.shop, a.Kind, a.How == revokeSecret, actor)
	return plan{act: telling(u, sayRotated), secret: plain}, err
}

func sayFinished(dropped bool) string {
	if !dropped {
		return "there was no old secret: nothing changed"
	}
	return "only the new secret is valid now"
}

func sayRotated(struct{}) string { return "the new secret is in force" }

func storeRotateFields(v *visit, wrong problems) []input {
	return []input{
		{name: "store", label: "Store", value: v.value("store"), problem: wrong["store"], required: true},
		rotationField(v, wrong),
	}
}

func readStoreRotate(v *visit) (order, error) {
	row, err := shop.LoadStore(v.ctx(), v.DB.Reader(), v.value("store"))
	if err != nil {
		return order{}, err
	}
	how, err := v.rotation()
	if err != nil {
		return order{}, err
	}
	return ordered(order{shop: db.House, subject: fmt.Sprintf("password of store %s: %s", row.ID, how)}, rotateArguments{Store: row.ID, How: how})
}

func planStoreRotate(v *visit, o order, actor string) (plan, error) {
	var a rotateArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	if a.How == finishRotation {
		return plan{act: telling(shop.FinishStoreRotation{ID: a.Store, Actor: actor}, sayFinished)}, nil
	}
	row, err := shop.LoadStore(v.ctx(), v.DB.Reader(), a.Store)
	if err != nil {
		return plan{}, err
	}
	u, plain, err := shop.NewStoreRotation(v.Box, v.Random, row, "", a.How == revokeSecret, actor)
	return plan{act: telling(u, sayRotated), secret: plain}, err
}
