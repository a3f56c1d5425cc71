-- +goose Up

-- Calls whose outcome nobody knows, by age: for the gauges. Few rows ever enter.
CREATE INDEX attempt_unknown ON attempt (sent_at) WHERE outcome = 'unknown';
