-- +goose Up

-- A second factor that was drawn and not confirmed is its session's, for a while:
-- who comes to an open browser later must not find its secret.
ALTER TABLE operator ADD COLUMN pending_session BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operator ADD COLUMN pending_until BIGINT NOT NULL DEFAULT 0;
