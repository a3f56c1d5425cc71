-- +goose Up

-- Whom a callback's URL names, so that the search for what is due can pass over
-- a receiver that hangs. '' in rows from before, which only their shop bounds.
ALTER TABLE callback ADD COLUMN host TEXT NOT NULL DEFAULT '';
