package main

// mutant is one break: a text of a file, which must occur once, and what takes
// its place.
type mutant struct {
	name     string
	promise  string // what it breaks
	file     string
	old, new string
	also     string // rooms after the file's own whose tests may notice
}

// The promises, as docs/proof.md names them.
const (
	exact   = "amounts are exact"
	once    = "money moves once"
	books   = "the books are true"
	guarded = "one outcome wins"
	doubt   = "doubt is asked, not guessed"
	durable = "what was acknowledged stays"
	told    = "what is owed is told"
	signed  = "nothing enters unsigned"
	apart   = "shops are apart"
	twofold = "two people act"
	entered = "operators are who they are"
	agreed  = "calls go where it was agreed"
)

var mutants = []mutant{
	// Amounts.
	{"the payee's amount rounds up", exact, "money/rounding.go", "case r == Down:\n\t\treturn negative", "case r == Down:\n\t\treturn !negative", ""},
	{"up rounds down", exact, "money/rounding.go", "case r == Up:\n\t\treturn !negative", "case r == Up:\n\t\treturn negative", ""},
	{"a tie goes toward zero", exact, "money/rounding.go", "return rest >= divisor-rest", "return rest > divisor-rest", ""},
	{"sums overflow silently", exact, "money/amount.go", "if (a.Minor^sum)&(b.Minor^sum) < 0 || sum == math.MinInt64 {", "if sum == math.MinInt64 {", "ledger"},
	{"amounts of two currencies are added", exact, "money/amount.go", "func (a Amount) Add(b Amount) (Amount, error) {\n\tif a.Currency != b.Currency {", "func (a Amount) Add(b Amount) (Amount, error) {\n\tif false {", ""},
	{"the payer's price rounds down", exact, "fee/payin.go", "if q.PayerPrice, err = rounded(exact, q.Payway, money.Up)", "if q.PayerPrice, err = rounded(exact, q.Payway, money.Down)", ""},
	{"the shop's write-off rounds down", exact, "fee/payout.go", "writeOff, err := x.ToShop(cost, money.Up)", "writeOff, err := x.ToShop(cost, money.Down)", ""},
	{"the fee's sides are swapped", exact, "fee/payin.go", "return new(big.Rat).Sub(total, payer), payer", "return payer, new(big.Rat).Sub(total, payer)", ""},
	{"the fee's maximum is forgotten", exact, "fee/payout.go", "if t.Max > 0 {", "if false {", ""},
	{"a rate is multiplied where it divides", exact, "fee/exchange.go", "x.Inverse = true", "x.Inverse = false", ""},
	{"refunds' shares round up", exact, "fee/share.go", "whole.Minor, money.Down)", "whole.Minor, money.Up)", "invoice"},
	{"a share forgets what was given", exact, "fee/share.go", "max(due-given.Minor, 0)", "due", "invoice"},

	// The ledger.
	{"a transfer need not sum to zero", books, "ledger/post.go", "if sum != 0 {", "if false {", ""},
	{"balances may go below zero", once, "ledger/post.go", "if after < 0 && !leg.Purpose.mayOwe() {", "if false {", "payout"},
	{"frozen may go below zero", once, "ledger/account.go", "return p != Available && p != Frozen && p != Held", "return p != Available && p != Held", ""},
	{"a settlement does not say what it settles", once, "ledger/reserve.go", "p.Resolves = reserve", "_ = reserve", ""},
	{"a release gives back to the wrong side", books, "ledger/reserve.go", "Purpose: Frozen, Amount: -amount.Minor},\n\t\tLeg{Currency: amount.Currency, Purpose: Available, Amount: amount.Minor})", "Purpose: Frozen, Amount: -amount.Minor},\n\t\tLeg{Currency: amount.Currency, Purpose: Fee, Amount: amount.Minor})", ""},
	{"a balance is not kept beside its entries", books, "ledger/post.go", "account.Balance = after", "_ = after", ""},

	// The writer.
	{"no version guard", guarded, "db/sqlite.go", `" AND version = ?"`, `" AND version >= 0 * ?"`, ""},
	{"an insert overwrites", guarded, "db/sqlite.go", `"?) ON CONFLICT DO NOTHING"`, `"?) ON CONFLICT DO UPDATE SET " + t.columns[0].name + " = excluded." + t.columns[0].name`, ""},
	{"an unknown commit is tried again", doubt, "db/writer.go", "if again == maxRetries || fault.Is(err, fault.Unknown) || !mayGoAgain(err, members) {", "if again == maxRetries {", ""},
	{"the members of an unknown batch run again", doubt, "db/writer.go", "!fault.Is(failed, fault.Unknown) && (contested(failed) ||", "(contested(failed) ||", ""},
	{"the answer comes before the commit", durable, "db/writer.go", "if err := w.commit(ctx, loaded); err != nil {\n\t\treturn commitFault(err)\n\t}", "if err := w.commit(ctx, loaded); err != nil {\n\t\t_ = commitFault\n\t}", ""},
	{"a refused decision leaves its effects", once, "db/writer.go", "if outcomes[i] == nil && !m.alone {", "if !m.alone {", ""},
	{"a decision does not see the one before it", once, "db/state.go", "if found, ok := s.shared.slots[l]; ok {\n\t\treturn found\n\t}", "if found, ok := s.shared.slots[l]; ok && !found.dirty {\n\t\treturn found\n\t}", ""},
	{"commits are not synced", durable, "db/sqlite.go", `"PRAGMA synchronous=" + synchronous`, `"PRAGMA synchronous=NORMAL"`, ""},
	{"what others wrote is not seen", once, "db/writer.go", "if !alone {", "if !alone && w.length < 0 {", ""},
	{"the memory of an unknown commit is kept", doubt, "db/writer.go", "w.memory = memory{} // until it is known that this came to its end", "", ""},
	{"a caller who left is served", once, "db/writer.go", "return !m.state.CompareAndSwap(queued, started)", "return false && !m.state.CompareAndSwap(queued, started)", ""},

	// Calls, and knowing.
	{"sent again when the outcome is unknown", doubt, "provider/learn.go", "a.Outcome = Unknown\n\treturn Doubt", "a.Outcome = Lost\n\treturn Resend", "payout"},
	{"an early not found is believed", doubt, "provider/learn.go", "asked >= settledAt(a, t)", "asked >= 0", "payout"},
	{"one not found is enough", doubt, "provider/learn.go", "a.Missing >= 2", "a.Missing >= 1", "payout"},
	{"not found is believed of what was accepted", doubt, "provider/learn.go", "if a.Outcome == Pending || a.Outcome == Challenge || !final {", "if !final {", "payout"},
	{"not found is as old as its answer", doubt, "provider/learn.go", "if o.AskedAt != 0 {", "if false {", "payout"},
	{"not found in answer to a call is believed", doubt, "provider/learn.go", "case Missing:\n\t\tif asked {", "case Missing:\n\t\tif true {", "payout"},
	{"a refused payment is sent again", once, "provider/learn.go", "if a.Verb == Authorize || w.Refusals >= maxRefusals", "if w.Refusals >= maxRefusals", "invoice"},
	{"lost payments are sent again", once, "provider/learn.go", "if a.Verb == Authorize || w.Losses >= maxSends", "if w.Losses >= maxSends", "invoice"},
	{"refusals have no end", doubt, "provider/learn.go", "w.Refusals >= maxRefusals || ", "", ""},
	{"every attempt has its own reference", once, "provider/attempt.go", "Provider: last.Provider, Reference: last.Reference})", "Provider: last.Provider, Reference: Reference(last.Verb, last.Shop, last.Operation, last.N+1)})", "payout invoice"},
	{"a panic of a connector is a refusal", doubt, "provider/gate.go", `o = Outcome{Result: Unknown, Reason: "the connector failed"}`, `o = Outcome{Result: Refused, Reason: "the connector failed"}`, ""},
	{"another amount is believed", doubt, "provider/provider.go", "if o.Amount != (money.Amount{}) && o.Amount != want {", "if false {", "payout invoice"},
	{"a late turn is sent all the same", once, "provider/task.go", "case left >= timeout/2:", `case left >= timeout/2 || t.Code == "":`, ""},
	{"a contradiction is booked each time it is heard", books, "provider/contradiction.go", "a.Operation, a.N, o.Result, a.Shop); heard {", "a.Operation, a.N, o.Result, a.Shop); heard && false {", "payout"},

	// A clock that is put.
	{"a step of the clock is not noticed", doubt, "provider/gate.go", "timing.SettleAfter >= 0 && g.Steps.Within(", "timing.SettleAfter >= 0 && false && g.Steps.Within(", ""},
	{"a step of the clock is as old as the answer is heard late", doubt, "provider/gate.go", "+ g.Steps.Elapsed() - began", "+ 0*began", ""},
	{"a question from the future is believed", doubt, "provider/learn.go", "asked = min(o.AskedAt, now)", "asked = o.AskedAt", ""},
	{"a start is no reason for doubt", doubt, "db/steps.go", "s.apart, s.looked, s.at = apart, true, steady", "if s.looked {\n\t\ts.at = steady\n\t} else {\n\t\ts.at = -1 << 60\n\t}\n\ts.apart, s.looked = apart, true", "provider"},
	{"a call from the future is never settled", doubt, "provider/learn.go", "a.SentAt, a.AnsweredAt = min(a.SentAt, now), min(a.AnsweredAt, now)", "", ""},
	{"a payout waits for a wrong clock", told, "payout/recall.go", "p.DueAt = s.Now()", "_ = s.Now()", ""},
	{"a message waits for a wrong clock", told, "callback/recall.go", "m.DueAt = s.Now()", "_ = s.Now()", ""},
	{"the end of a hold is recalled", guarded, "invoice/recall.go", "if sent && last.Open() || v.Status", "if sent && last.N > 0 || v.Status", ""},
	{"a step forward gives a living node's number away", once, "db/node.go", "(free == nil || row.Until < free.Until)", "free == nil", ""},
	{"a row that failed rests until a wrong clock's hour", told, "db/due.go", "return 0 < left && left <= longRest", "return 0 < left", ""},
	{"a failed disk is a defect of ours", durable, "db/sqlite.go", ",\n\t\tsqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:", ":", ""},
	{"what is replayed at once is parked again", told, "callback/record.go", "return err == nil && settings.Enabled(m.URL)", "return false && err == nil && settings.Enabled(m.URL)", ""},
	// Payouts.
	{"a payout without a reservation", once, "payout/create.go", `if p.Reserve, err = ledger.Reserve(s, c.Shop, p.ID, "payout.reserve", quote.WriteOff); err != nil {`, "if p.Reserve = p.ID; err != nil {", ""},
	{"a payout id may be used twice", once, "payout/create.go", "if _, taken := byPayment.Find(s, c.PaymentID, c.Shop, c.Source); taken {", "if _, taken := byPayment.Find(s, c.PaymentID, c.Shop, c.Source); taken && false {", ""},
	{"no limit needs an operator", guarded, "payout/create.go", "case settings.NeedsConfirmation(quote.WriteOff):", "case false && settings.NeedsConfirmation(quote.WriteOff):", ""},
	{"a completed payout's clearing has the wrong sign", books, "payout/apply.go", "Provider: p.Provider, Amount: p.Receive},\n\t\t{Currency: p.ReceiveCurrency, Purpose: ledger.Fee, Amount: p.Fee},", "Provider: p.Provider, Amount: -p.Receive},\n\t\t{Currency: p.ReceiveCurrency, Purpose: ledger.Fee, Amount: p.Fee + 2*p.Receive},", ""},
	{"a rejected payout keeps its reservation", once, "payout/apply.go", "if _, err := ledger.Release(s, p.Shop, p.Reserve, p.ID, p.WriteOffAmount()); err != nil {\n\t\treturn err\n\t}", "_ = ledger.Release", ""},
	{"a completed payout tells nobody", told, "payout/apply.go", "if err := p.move(s, Completed); err != nil {\n\t\treturn err\n\t}\n\treturn owe(s, p)", "return p.move(s, Completed)", ""},
	{"a final payout moves", guarded, "payout/apply.go", "if !attempt.Open() || p.Status.Final() {", "if false {", ""},
	{"payouts move as they like", guarded, "payout/status.go", "return m.From == p.Status && m.To == to", "return m.To == to", ""},
	{"an open payout attempt is sent again", once, "payout/work.go", "case sent && last.Open():", "case sent && last.Open() && last.AnsweredAt != 0:", ""},
	{"a payout that waits for an operator is sent", guarded, "payout/work.go", "p.Status.Final() || p.Status == Confirming {", "p.Status.Final() {", ""},
	{"a fresh call may be resolved", doubt, "provider/resolve.go", "case a.AnsweredAt == 0 && now < a.SentAt+LongestCall:", "case false:", "payout invoice"},
	{"a payout completed against a rejection is not booked", books, "payout/apply.go", "case o.Result == provider.Succeeded && p.Status == Rejected:", "case false:", ""},

	// Invoices and refunds.
	{"the refunded sum is forgotten", once, "invoice/refund.go", "v.Refunded += f.Amount", "_ = f.Amount", ""},
	{"a refund may be more than is left", once, "invoice/refund.go", "left := v.Amount - v.Refunded; amount.Minor > left {", "left := v.Amount; amount.Minor > left {", ""},
	{"what is not paid can be refunded", once, "invoice/refund.go", "case Succeeded:\n\tcase Charging", "case Succeeded, Held, Awaiting:\n\tcase Charging", ""},
	{"a refund id may be used twice", once, "invoice/refund.go", "c.Source); taken {\n\t\treturn Refunding{}", "c.Source); taken && false {\n\t\treturn Refunding{}", ""},
	{"a refund without a reservation", once, "invoice/refund.go", `if f.Reserve, err = ledger.Reserve(s, c.Shop, f.ID, "refund.reserve", f.GrossAmount()); err != nil {`, "if f.Reserve = f.ID; err != nil {", ""},
	{"a failed refund is not given back", once, "invoice/refund_apply.go", "_, err := ledger.Release(s, f.Shop, f.Reserve, f.ID, f.GrossAmount())\n\t\treturn err", "return nil", ""},
	{"a failed refund still counts", once, "invoice/refund_apply.go", "v.Refunded -= f.Amount", "_ = v.Refunded", ""},
	{"a refund tells nobody", told, "invoice/refund_apply.go", "if err := f.owe(s, v); err != nil {\n\t\treturn err\n\t}", "_ = f.owe", ""},
	{"a payment's clearing has the wrong sign", books, "invoice/books.go", "Provider: v.Provider, Amount: -v.Price},\n\t\t{Currency: v.PriceCurrency, Purpose: ledger.Fee, Amount: v.Surcharge},", "Provider: v.Provider, Amount: v.Price},\n\t\t{Currency: v.PriceCurrency, Purpose: ledger.Fee, Amount: v.Surcharge - 2*v.Price},", ""},
	{"a paid invoice's fee goes to the shop", books, "invoice/books.go", "Purpose: ledger.Available, Amount: v.Net},\n\t\t{Currency: v.Currency, Purpose: ledger.Fee, Amount: v.Amount - v.Net},", "Purpose: ledger.Available, Amount: v.Amount},", ""},
	{"a charge leaves the hold standing", once, "invoice/books.go", "legs := append(v.unheld(), v.paid()...)", "legs := v.paid()", ""},
	{"a paid invoice tells nobody", told, "invoice/books.go", "v.paid()...); err != nil {\n\t\treturn err\n\t}\n\tif err := v.move(s, Succeeded); err != nil {\n\t\treturn err\n\t}\n\treturn owe(s, v)", "v.paid()...); err != nil {\n\t\treturn err\n\t}\n\treturn v.move(s, Succeeded)", ""},
	{"a charge past the hold", guarded, "invoice/charge.go", "case v.Status == Held && s.Now() >= v.HoldUntil:", "case false:", ""},
	{"charge and unhold at the same time", guarded, "invoice/charge.go", "case Charging, Unholding:\n\t\treturn Intent{}, v.busy(s, to)\n\tcase Held:", "case Held, Charging, Unholding:", ""},
	{"a charge is sent twice", once, "invoice/charge.go", "case v.Status == Succeeded && v.Hold:\n\t\treturn Intent{Invoice: v}, nil", "case false:", ""},
	{"a failed capture is a release", guarded, "invoice/apply.go", "return charge(s, v)\n\tcase provider.Failed:\n\t\treturn v.backToHold(s)", "return charge(s, v)\n\tcase provider.Failed:\n\t\treturn release(s, v)", ""},
	{"a final invoice moves", guarded, "invoice/apply.go", "if !attempt.Open() || v.Status.Final() {", "if false {", ""},
	{"invoices move as they like", guarded, "invoice/status.go", "return m.From == v.Status && m.To == to", "return m.To == to", ""},
	{"an order id may be used twice", once, "invoice/create.go", "if taken {\n\t\treturn nil, fault.New(fault.NotUnique", "if taken && false {\n\t\treturn nil, fault.New(fault.NotUnique", ""},
	{"a second click pays again", once, "invoice/page.go", "case a.kind == pays && done.page.State == AskCard:", "case a.kind == pays && !v.Status.Final():", ""},
	{"an invoice expires while an attempt is open", doubt, "invoice/work.go", "case sent && last.Open():\n\t\ttaken.Open = last\n\t\tv.DueAt", "case sent && last.Open() && s.Now() < v.ExpiresAt:\n\t\ttaken.Open = last\n\t\tv.DueAt", ""},
	{"a known outcome may be resolved", guarded, "invoice/operator.go", "if !sent || a.Outcome != provider.Unknown || !slices.Contains(doubtful, v.Status) {", "if !sent || !slices.Contains(doubtful, v.Status) {", ""},
	{"a refund that the provider has may be resolved", guarded, "invoice/operator.go", "if !sent || a.Outcome != provider.Unknown || f.Status != Waiting {", "if !sent || f.Status != Waiting {", ""},
	{"what an operator says is the opposite", books, "provider/resolve.go", "if done {", "if !done {", "payout invoice"},
	{"a payment after the end is not booked", books, "invoice/apply.go", "case came == (last.Outcome == provider.Succeeded): // it says what we know", "case true:", ""},

	// Callbacks.
	{"a later message overtakes", told, "callback/claim.go", "ok && earlier.Status == Waiting {\n\t\t\treturn nil, nil", "ok && earlier.Status == Waiting && false {\n\t\t\treturn nil, nil", ""},
	{"two processes claim one try", told, "callback/claim.go", "|| m.Tries != c.tries {", "{", ""},
	{"redirects count as delivered", told, "callback/send.go", "case status >= 300 && status < 400:", "case status >= 300 && status < 400 && false:\n\t\treturn 0, nil\n\tcase status < 400 && status > 299:\n\t\treturn int64(status), nil\n\tcase false:", ""},
	{"nothing is given up", told, "callback/schedule.go", "return dueAt, dueAt <= startedAt+giveUpAfter.Milliseconds()", "return dueAt, true", ""},

	// Doors.
	{"half a signature is enough", signed, "signature/avanor.go", "equal := subtle.ConstantTimeCompare(sum[:], given[:])", "equal := subtle.ConstantTimeCompare(sum[:16], given[:16])", ""},
	{"an empty secret signs", signed, "signature/avanor.go", "match |= equal & nonZero(len(secret))", "match |= equal", ""},
	{"the signature is not looked at", signed, "api/avanor/ladder.go", "(*door).verify,     // 10\n", "", ""},
	{"one reading is not asked for", signed, "api/avanor/ladder.go", "(*door).oneReading, // 10\n", "", ""},
	{"one reading forgets other methods", signed, "signature/reading.go", "if !slices.Equal(other, own) && text.readings(other, shop) > 0 {", "if !slices.Equal(other, own) && text.readings(other, shop) > 9 {", ""},
	{"one reading forgets its own", signed, "signature/reading.go", "if text.readings(own, shop) > itself {", "if text.readings(own, shop) > itself+9 {", ""},
	{"PayParts signatures are not compared", signed, "signature/payparts.go", "return subtle.ConstantTimeCompare([]byte(sig), []byte(PayParts(parts...))) == 1", "return subtle.ConstantTimeEq(int32(len(sig)), int32(len(PayParts(parts...)))) == 1", ""},
	{"a half cent is dropped in PayParts amounts", signed, "signature/payparts.go", "if padded[2] >= '5' {", "if padded[2] > '5' {", ""},
	{"any address is admitted", signed, "api/avanor/ladder.go", "(*door).admit,      // 15\n", "", ""},
	{"a signature may move to another method", signed, "replay/replay.go", "case first.Method != u.Method:", "case false:", ""},
	{"a ciphertext opens in another shop", apart, "seal/seal.go", "b = binary.BigEndian.AppendUint64(b, uint64(shop))", "b = binary.BigEndian.AppendUint64(b, uint64(0*shop))", ""},
	{"an invoice of another shop is found", apart, "invoice/find.go", `"id = $1 AND shop_id = $2"`, `"id = $1 AND shop_id >= 0 * $2"`, ""},
	{"an unverified notice is heard", signed, "inbox/inbox.go", "if err != nil || len(notices) > maxNotices {", "if len(notices) > maxNotices {", ""},
	{"a repeated notice asks again", once, "inbox/inbox.go", "if known {\n\t\tb.Stats.Repeated.Add(1)\n\t} else if err", "if known {\n\t\tb.Stats.Repeated.Add(1)\n\t}\n\tif err", ""},

	// The second belt of the writer.
	{"a row that was not written passes", guarded, "db/sqlite.go", "if n := e.changes(); n != 1 {", "if n := e.changes(); n > 1 {", ""},
	{"data_version is not looked at", once, "db/sqlite.go", "alone = version == e.seen", "alone = version >= 0*e.seen", ""},
	{"what was not committed is remembered", doubt, "db/writer.go", "return commitFault(err)\n\t}\n\tif w.remembers {", "remembered.keep(loaded)\n\t\tw.memory = remembered\n\t\treturn commitFault(err)\n\t}\n\tif w.remembers {", ""},
	{"an unknown commit was refused", doubt, "db/fault.go", `return fault.Wrap(fault.Unknown, err, "the outcome is not known; ask by your own id before you repeat")`, "return translate(err)", ""},
	{"a failed sync says that nothing was stored", doubt, "db/fault.go", "lite.Code()&0xff != sqlite3.SQLITE_IOERR:", "lite.Code()&0xff != sqlite3.SQLITE_IOERR+1:", ""},
	{"a server's last word says that nothing was stored", doubt, "db/fault.go", `pg.SeverityUnlocalized == "ERROR":`, `pg.SeverityUnlocalized != "":`, ""},
	{"a rollback is answered as a commit", durable, "db/postgres.go", `tag.String() != "COMMIT"`, `tag.String() == ""`, ""},
	{"the shops are not locked", once, "db/postgres.go", "if len(shops) > 0 {", "if len(shops) < 0 {", ""},
	{"PostgreSQL: a row that was not written passes", guarded, "db/postgres.go", "tag.RowsAffected() != s.rows:", "tag.RowsAffected() > s.rows:", ""},
	{"PostgreSQL: no version guard", guarded, "db/statement.go", `" AND t.version = v.base"`, `" AND t.version >= 0 * v.base"`, ""},
	{"PostgreSQL: an insert that met a row passes", guarded, "db/statement.go", "rows:   int64(len(rows)), note: t.wasThere(),", "row: func([][]byte) error { return nil },", ""},
	{"PostgreSQL: an update that met no row passes", guarded, "db/statement.go", "rows:   int64(len(rows)), note: t.wasChanged(),", "row: func([][]byte) error { return nil },", ""},
	{"PostgreSQL: a lone row's value has a list's head", exact, "db/statement.go", "a.form[headLength+4:]", "a.form[headLength:]", ""},
	{"PostgreSQL: a lone row's statement has the list's name", exact, "db/table.go", `from, name = oneRow, name+"_lone"`, "from = oneRow", ""},
	{"PostgreSQL: what was guessed is taken for what is", once, "db/reads.go", "newReads(&sheet{slots: map[lookup]*slot{}}, old)", "newReads(r.loaded, old)", ""},
	{"PostgreSQL: no transaction is opened", once, "db/postgres.go", "if !e.begun {\n\t\tstatements =", "if false {\n\t\tstatements =", ""},
	{"PostgreSQL: a spoiled connection is used again", durable, "db/postgres.go", "err != nil || e.spoiled {", "err != nil {", ""},
	{"PostgreSQL: a failed statement is known as prepared", durable, "db/postgres.go", "if err == nil || ended == nil && errors.As(err, &met) {", "if errors.As(err, &met) || true {", ""},

	// The attempt before the call, and what operators move by hand.
	{"a call is not written down before it is sent", once, "provider/attempt.go", "Attempts.Insert(s, &a)", "_ = Attempts", "payout invoice"},
	{"an operator's transfer makes money", books, "shop/transfer.go", "Purpose: u.From, Amount: -u.Amount.Minor}", "Purpose: u.From, Amount: u.Amount.Minor}", ""},
	{"an operator's transfer goes the other way", books, "shop/transfer.go", "Purpose: u.From, Amount: -u.Amount.Minor},\n\t\tledger.Leg{Currency: u.Amount.Currency, Purpose: u.To, Amount: u.Amount.Minor}", "Purpose: u.From, Amount: u.Amount.Minor},\n\t\tledger.Leg{Currency: u.Amount.Currency, Purpose: u.To, Amount: -u.Amount.Minor}", ""},
	{"any account may be moved by hand", books, "shop/transfer.go", "case !slices.Contains(may, u.From):", "case false:", ""},
	{"a settlement is booked as a deposit", books, "console/kinds_deposit.go", "Settle: a.Settle, Note", "Settle: false && a.Settle, Note", ""},
	{"a payout is ended as the opposite of what was approved", books, "console/kinds_payout.go", "Paid: a.Paid, Actor: actor", "Paid: !a.Paid, Actor: actor", ""},

	// Four eyes.
	{"one pair of eyes is enough", twofold, "operator/approval.go", "if isFourEyes(s) {", "if false {", ""},
	{"proposers approve themselves", twofold, "operator/approval.go", "if approver.ID == a.Proposer {", "if false {", ""},
	{"a proposal is executed twice", once, "operator/approval.go", "case a.Status != Open:", "case false:", ""},
	{"an act is done and its approval stays open", once, "operator/approval.go", `return done, a.decide(s, approver, Executed, "approval.approve", u.Note)`, "return done, nil", ""},
	{"an approval is noted and its act is not done", twofold, "operator/approval.go", "if done.Answer, err = u.Act.Decide(s); err != nil {\n\t\treturn done, err\n\t}\n\tdone.Approval, done.Executed", "if err != nil {\n\t\treturn done, err\n\t}\n\tdone.Approval, done.Executed", ""},
	{"a form sent twice is two proposals", once, "operator/approval.go", "byForm.Find(s, u.Form, u.Shop); ok {", "byForm.Find(s, u.Form, u.Shop); ok && false {", ""},
	{"something else is approved than was seen", twofold, "operator/approval.go", "case a.Digest() != seen.Digest():", "case false:", ""},
	{"a proposal never grows old", twofold, "operator/approval.go", "case a.Expired(s.Now()):", "case false:", ""},
	{"who lost the role still proposes", twofold, "operator/approval.go", "if _, err := allowed(s, a.Proposer, u.Permission); err != nil {", "if _, err := allowed(s, a.Proposer, u.Permission); err != nil && false {", ""},
	{"a rate that was changed since is set as it was agreed on", twofold, "console/kinds_rate.go", "u.Seen, u.New = a.Seen, a.Seen == 0", "_ = a.Seen", ""},
	{"a rate is taken for new though there is one", twofold, "payway/rate.go", "if u.New {", "if false {", "console"},
	{"one alone switches an operator on", twofold, "console/operators.go", "if on {\n\t\treturn errTwo\n\t}", "_ = on", ""},
	{"any role may decide", twofold, "operator/approval.go", "if !o.Active || !o.Role.May(p) {", "if !o.Active {", ""},
	{"a limit is raised that was changed since", twofold, "shop/confirm.go", "if settings.Text(confirmKey) != u.From {", "if settings.Text(confirmKey) != u.From && false {", "console"},
	{"one alone raises a limit", twofold, "shop/confirm.go", "if len(old.loosened(settings)) > 0 {", "if false {", "console"},
	{"one alone leads a payway elsewhere", twofold, "payway/set.go", "if u.Alone {", "if false {", "console"},
	{"a payway is led elsewhere that was changed since", twofold, "console/kinds_payway.go", "Seen: a.Seen, Actor", "Seen: 0 * a.Seen, Actor", ""},
	{"an account is led elsewhere that was changed since", twofold, "console/kinds_provider.go", "Seen: a.Seen, Known", "Seen: 0 * a.Seen, Known", ""},
	{"what was seen of an account is not looked at", twofold, "provider/account_set.go", "if u.Seen != 0 && u.Seen != row.Version {", "if false {", ""},
	{"one is switched on who was changed since", twofold, "console/kinds_operator.go", "Epoch: a.Seen, Actor", "Epoch: 0 * a.Seen, Actor", ""},
	{"another role is of the same epoch", twofold, "operator/account.go", "o.Role = u.Role\n\to.Epoch++", "o.Role = u.Role", "console"},
	{"the switch of an account is read loosely", twofold, "console/kinds_lead.go", "if len(one.words) > 0 && !slices.Contains(one.words, to) {", "if false && slices.Contains(one.words, to) {", ""},

	// Where calls go.
	{"calls go anywhere in clear", agreed, "provider/setting.go", `u.Scheme == "http" && loopback(u.Hostname()):`, `u.Scheme == "http":`, ""},
	{"a name that begins as this machine's is this machine", agreed, "provider/setting.go", "return host == \"localhost\" || err == nil", "return host != \"\" || err == nil", ""},
	{"a setting that no connector has is stored", agreed, "provider/setting.go", "if at < 0 {", "if at < -1 {", ""},
	{"the console knows no rule of settings", agreed, "console/kinds_provider.go", "Values: map[string]string{}, Seen: a.Seen, Known: v.Settings,", "Values: map[string]string{}, Seen: a.Seen, Known: provider.Catalogue{\"privatbank\": {Settings: []provider.Setting{{Name: \"base_url\", Check: provider.CheckText}, {Name: \"store_id\", Check: provider.CheckText}}}},", ""},
	{"a stored address that is not right is called", agreed, "provider/privatbank/privatbank.go", "if err := provider.CheckSettings(Settings(), a.Settings); err != nil {", "if err := provider.CheckSettings(Settings(), a.Settings); err != nil && false {", ""},
	{"an account is switched on with a bad address", agreed, "provider/account_set.go", "if u.Active != nil && *u.Active && !row.Active {", "if false {", ""},
	{"an account that is not used is not named", agreed, "cmd/brama/serve.go", "reason != \"\" && a.Active {", "reason != \"\" && !a.Active {", ""},

	// Who operators are.
	{"an ended session goes on", entered, "operator/session.go", "return s.EndedAt == 0 && o.Active", "return o.Active", ""},
	{"a session outlives a new epoch", entered, "operator/session.go", "s.Epoch == o.Epoch &&", "s.Epoch <= o.Epoch &&", ""},
	{"the second factor is not asked for", entered, "operator/session.go", "case o.Enrolled() && !s.Passed:", "case false:", ""},
	{"a code is taken twice", entered, "operator/factor.go", "case o.Factor == u.factor && u.step > o.FactorStep:", "case o.Factor == u.factor && u.step > 0:", ""},
	{"a recovery code is taken twice", entered, "operator/factor.go", "slices.Delete(codes, at, at+1)", "codes", ""},
	{"nobody is answered at once", entered, "operator/password.go", "parsed, salt, key = cost, make([]byte, saltLength), make([]byte, keyLength)", "return false", ""},
	{"strangers lock an operator out", entered, "operator/throttle.go", "if err != nil || !known {", "if err != nil || !known || wait > 0 {", ""},
	{"a familiar place guesses without end", entered, "operator/throttle.go", "free: []int64{0}, known: true}", "free: []int64{1 << 40}, known: true}", ""},
	{"passwords are guessed all at once", entered, "operator/signin.go", "if wait := at.attempt(p.Now().UnixMilli()); wait > 0 { // many", "if wait := at.attempt(p.Now().UnixMilli()); wait < 0 { // many", ""},
	{"a form without its token is taken", entered, "console/visit.go", "if v.r.Method == http.MethodPost && v.operator != nil && !v.hasToken() {", "if false && !v.hasToken() {", ""},
	{"the role of a page is not looked at", entered, "console/visit.go", "if v.at.needs != operator.Anyone &&", "if v.at.needs == operator.Anyone &&", ""},
	{"a store's order is converted", exact, "invoice/create.go", `if c.Source == "" || err != nil || way.Currency == c.Currency {`, "if err != nil || way.Currency != 0 {", ""},
	{"a store is led to any currency", exact, "shop/store_payway.go", "case way.Currency != money.UAH:", "case way.Currency == 0 && way.Currency != money.UAH:", ""},
	{"a bank's line is open to every shop", agreed, "cmd/brama/serve.go", "allow: c.opened(c.AllowCallbackTo),", "allow: c.opened(append(c.AllowCallbackTo, c.AllowProviderTo...)),", ""},
}
