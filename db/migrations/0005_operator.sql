-- +goose Up

-- People who may sign in to the console. They belong to the house.
CREATE TABLE operator (
    id BIGINT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'finance', 'admin')),
    active BOOLEAN NOT NULL,
    password TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    epoch BIGINT NOT NULL,
    factor TEXT NOT NULL,
    pending_factor TEXT NOT NULL,
    factor_step BIGINT NOT NULL,
    recovery TEXT NOT NULL,
    failures BIGINT NOT NULL,
    wait_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- A browser that is signed in. Only the hash of its token is kept. A session of
-- an earlier epoch of its operator is over.
CREATE TABLE operator_session (
    id BIGINT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    operator_id BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    passed BOOLEAN NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX operator_session_open ON operator_session (operator_id, id) WHERE ended_at = 0;

-- An act that one operator proposed and another decides on. It belongs to the
-- shop whose money or secrets it is about (0: the house), so that the approval and
-- the act are one commit.
CREATE TABLE approval (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    form TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    arguments TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'executed', 'refused', 'withdrawn')),
    proposer BIGINT NOT NULL,
    proposer_email TEXT NOT NULL,
    decider BIGINT NOT NULL,
    decider_email TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (form, shop_id)
);
CREATE INDEX approval_open ON approval (expires_at) WHERE status = 'open';
