-- +goose Up

-- What an operator must look at, newest first, without a look through everything:
-- payouts that wait for confirmation, were refused for now or whose outcome nobody
-- knows, and payments of unknown outcome. Few rows ever enter.
CREATE INDEX payout_attention ON payout (id) WHERE status IN (2, 4, 9);
CREATE INDEX invoice_attention ON invoice (id) WHERE status = 5;
