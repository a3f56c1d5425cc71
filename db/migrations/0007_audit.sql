-- +goose Up

-- The log book over all shops by time: who did what yesterday. Its rows are people's
-- acts, few beside those of payments.
CREATE INDEX audit_at ON audit (at, shop_id, seq);
