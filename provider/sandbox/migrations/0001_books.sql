-- +goose Up

-- The sandbox's own books. One SQL text for SQLite and PostgreSQL; times are
-- Unix milliseconds, amounts minor units. No card or account number is here:
-- only a mask and a keyed fingerprint.

CREATE TABLE node (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 0 AND 63),
    holder TEXT NOT NULL,
    until BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- The row of a shop is its lock, and nothing else.
CREATE TABLE shop (
    id BIGINT PRIMARY KEY,
    opened_at BIGINT NOT NULL
);
INSERT INTO shop (id, opened_at) VALUES (0, 0);

CREATE TABLE act (
    shop_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    account TEXT NOT NULL,
    operation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    verb TEXT NOT NULL CHECK (verb IN ('authorize', 'capture', 'void', 'refund', 'payout')),
    original TEXT NOT NULL,
    currency BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    hold BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unheard', 'challenge', 'pending', 'succeeded', 'declined')),
    later TEXT NOT NULL CHECK (later IN ('', 'succeeded', 'declined')),
    ripe_at BIGINT NOT NULL,
    hidden BIGINT NOT NULL,
    sends BIGINT NOT NULL,
    question TEXT NOT NULL CHECK (question IN ('', 'secure', 'parts')),
    mask TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    resolved TEXT NOT NULL CHECK (resolved IN ('', 'captured', 'voided')),
    refunded BIGINT NOT NULL CHECK (refunded >= 0 AND refunded <= amount),
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (reference, shop_id)
);

-- A notice owed to the gateway.
CREATE TABLE notice (
    shop_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    seq BIGINT NOT NULL,
    account TEXT NOT NULL,
    operation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    verb TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (reference, seq, shop_id)
);
CREATE INDEX notice_due ON notice (due_at) WHERE due_at > 0;
