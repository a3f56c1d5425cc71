package console

import (
	"fmt"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fee"
)

// rateFacts tell who set the rate by which an operation was converted. The row keeps
// the rate, the house's audit who set it.
func (v *visit) rateFacts(x fee.Exchange, made int64) ([]fact, error) {
	if !x.Converts() {
		return nil, nil
	}
	pair := x.Shop.Code() + "/" + x.Payway.Code()
	if x.Inverse {
		pair = x.Payway.Code() + "/" + x.Shop.Code()
	}
	found, err := audit.Search{Shop: db.House, Act: "rate.set", Subject: "rate " + pair, Until: made + 1, Limit: 1}.Find(v.ctx(), v.DB.Reader())
	if err != nil {
		return nil, err
	}
	text := rateWords(x) + "; set " + lastAct(found, "by nobody that the audit knows")
	if len(found.Links) > 0 && !strings.HasSuffix(found.Links[0].Detail, " to "+x.Rate.String()) {
		text = fmt.Sprintf("%s; the audit's last change before is %s", rateWords(x), found.Links[0].Detail)
	}
	return []fact{{name: "Rate", text: text}}, nil
}
