-- +goose Up

-- One SQL text for SQLite and PostgreSQL: BIGINT, TEXT, BOOLEAN and BYTEA only.
-- Times are Unix milliseconds, 0 is "not yet". Amounts are minor units. Statuses
-- and their moves are in the status.go of each room; the CHECKs repeat them.

CREATE TABLE node (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 0 AND 63),
    holder TEXT NOT NULL,
    until BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- What is true of the whole database: whether it is a demo, the key's canary.
CREATE TABLE house (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    version BIGINT NOT NULL
);

-- The row of a shop is also its lock. Shop 0 is the house: the catalogue's lock.
CREATE TABLE shop (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 0 AND 281474976710655),
    name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    webhook_key TEXT NOT NULL,
    old_webhook_key TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO shop (id, name, active, secret, old_secret, webhook_key, old_webhook_key, settings, created_at, updated_at, version)
VALUES (0, 'the house', FALSE, '', '', '', '', '{}', 0, 0, 1);

CREATE TABLE audit (
    shop_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (shop_id, seq)
);

-- The last link of each shop's audit chain.
CREATE TABLE audit_head (
    shop_id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE provider_account (
    name TEXT PRIMARY KEY,
    connector TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    settings TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE payway (
    alias TEXT PRIMARY KEY,
    id BIGINT NOT NULL UNIQUE,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    name TEXT NOT NULL,
    currency BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    provider TEXT NOT NULL,
    shops TEXT NOT NULL,
    min_amount BIGINT NOT NULL,
    max_amount BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    fix BIGINT NOT NULL,
    fee_min BIGINT NOT NULL,
    fee_max BIGINT NOT NULL,
    percent_part BIGINT NOT NULL,
    fix_part BIGINT NOT NULL,
    account_regex TEXT NOT NULL,
    account_title TEXT NOT NULL,
    account_example TEXT NOT NULL,
    details TEXT NOT NULL,
    add_ons TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE rate (
    base BIGINT NOT NULL,
    quote BIGINT NOT NULL,
    rate BIGINT NOT NULL CHECK (rate > 0),
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (base, quote)
);

CREATE TABLE account (
    shop_id BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('available', 'frozen', 'held', 'authorised', 'clearing', 'fee', 'exchange', 'rounding', 'funding', 'suspense')),
    provider TEXT NOT NULL,
    balance BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (shop_id, currency, purpose, provider),
    CHECK (balance >= 0 OR purpose NOT IN ('available', 'frozen', 'held')),
    CHECK (provider = '' OR purpose = 'clearing')
);

CREATE TABLE transfer (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    operation BIGINT NOT NULL,
    resolves BIGINT NOT NULL,
    reverses BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id)
);
CREATE UNIQUE INDEX transfer_resolves ON transfer (resolves, shop_id) WHERE resolves <> 0;
CREATE UNIQUE INDEX transfer_reverses ON transfer (reverses, shop_id) WHERE reverses <> 0;
CREATE INDEX transfer_operation ON transfer (operation, shop_id);

CREATE TABLE entry (
    shop_id BIGINT NOT NULL,
    transfer_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    provider TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    balance BIGINT NOT NULL,
    PRIMARY KEY (transfer_id, n, shop_id)
);

-- One call to a provider that moves money: committed before it is sent.
CREATE TABLE attempt (
    shop_id BIGINT NOT NULL,
    operation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    verb TEXT NOT NULL CHECK (verb IN ('authorize', 'capture', 'void', 'refund', 'payout')),
    provider TEXT NOT NULL,
    reference TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'succeeded', 'declined', 'refused', 'pending', 'challenge', 'unknown', 'lost')),
    provider_id TEXT NOT NULL,
    continue_url TEXT NOT NULL,
    reason TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (operation, n, shop_id)
);

CREATE TABLE invoice (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    source TEXT NOT NULL,
    shop_order_id TEXT NOT NULL,
    session TEXT NOT NULL,
    payway TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    net BIGINT NOT NULL CHECK (net > 0),
    price_currency BIGINT NOT NULL,
    price BIGINT NOT NULL CHECK (price > 0),
    surcharge BIGINT NOT NULL CHECK (surcharge >= 0),
    rate BIGINT NOT NULL,
    rate_inverse BOOLEAN NOT NULL,
    hold BOOLEAN NOT NULL,
    status BIGINT NOT NULL CHECK (status IN (1, 2, 3, 4, 5, 6, 8, 81, 82)),
    failure TEXT NOT NULL,
    description TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    rejected_url TEXT NOT NULL,
    success_url TEXT NOT NULL,
    failed_url TEXT NOT NULL,
    extra TEXT NOT NULL,
    payer_account TEXT NOT NULL,
    refunded BIGINT NOT NULL CHECK (refunded >= 0),
    price_refunded BIGINT NOT NULL CHECK (price_refunded >= 0),
    fee_returned BIGINT NOT NULL CHECK (fee_returned >= 0),
    attempts BIGINT NOT NULL,
    refusals BIGINT NOT NULL,
    refused_at BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    authorization_n BIGINT NOT NULL,
    hold_transfer BIGINT NOT NULL,
    callbacks BIGINT NOT NULL,
    hold_until BIGINT NOT NULL,
    after_hold TEXT NOT NULL CHECK (after_hold IN ('', 'keep', 'release')),
    expires_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    processed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (shop_order_id, shop_id, source),
    UNIQUE (session, shop_id),
    CHECK (refunded <= amount AND price_refunded <= price AND net <= amount)
);
CREATE INDEX invoice_due ON invoice (due_at) WHERE due_at > 0;

-- What the creates of a PayParts store joined to: no two orders to the same text.
CREATE TABLE joined_text (
    shop_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    joined TEXT NOT NULL,
    invoice_id BIGINT NOT NULL,
    PRIMARY KEY (joined, shop_id, source)
);

CREATE TABLE refund (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    invoice_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    shop_refund_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    price_currency BIGINT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    fee_back BIGINT NOT NULL CHECK (fee_back >= 0),
    status TEXT NOT NULL CHECK (status IN ('WAITING', 'SUCCESS', 'FAILED')),
    failure TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    refusals BIGINT NOT NULL,
    refused_at BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    reserve BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    processed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (shop_refund_id, shop_id, source)
);
CREATE INDEX refund_invoice ON refund (invoice_id, shop_id);
CREATE INDEX refund_due ON refund (due_at) WHERE due_at > 0;

CREATE TABLE payout (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    source TEXT NOT NULL,
    shop_payment_id TEXT NOT NULL,
    payway TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency BIGINT NOT NULL,
    write_off BIGINT NOT NULL CHECK (write_off > 0),
    receive_currency BIGINT NOT NULL,
    receive BIGINT NOT NULL CHECK (receive > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    rounding BIGINT NOT NULL,
    rate BIGINT NOT NULL,
    rate_inverse BOOLEAN NOT NULL,
    status BIGINT NOT NULL CHECK (status IN (1, 2, 3, 4, 5, 6, 9)),
    failure TEXT NOT NULL,
    account TEXT NOT NULL,
    account_mask TEXT NOT NULL,
    account_print TEXT NOT NULL,
    details TEXT NOT NULL,
    description TEXT NOT NULL,
    rrn TEXT NOT NULL,
    bank_transaction TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    refusals BIGINT NOT NULL,
    refused_at BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    reserve BIGINT NOT NULL,
    callbacks BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    processed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (shop_payment_id, shop_id, source)
);
CREATE INDEX payout_due ON payout (due_at) WHERE due_at > 0;

-- A verified notice or status that contradicts a final state.
CREATE TABLE contradiction (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    operation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    kind TEXT NOT NULL,
    found TEXT NOT NULL,
    transfer_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (operation, n, found, shop_id)
);

-- A message owed to a shop: the outbox.
CREATE TABLE callback (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    object BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'refund', 'withdraw')),
    subject BIGINT NOT NULL,
    event TEXT NOT NULL,
    protocol TEXT NOT NULL,
    url TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'parked')),
    tries BIGINT NOT NULL,
    replayed BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    delivered_at BIGINT NOT NULL,
    failure TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (object, seq, shop_id),
    CHECK ((status = 'waiting') = (due_at > 0))
);
CREATE INDEX callback_due ON callback (due_at, shop_id) WHERE due_at > 0;
CREATE INDEX callback_parked ON callback (shop_id, id) WHERE status = 'parked';

CREATE TABLE delivery (
    shop_id BIGINT NOT NULL,
    callback_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    millis BIGINT NOT NULL,
    status BIGINT NOT NULL,
    failure TEXT NOT NULL,
    PRIMARY KEY (callback_id, n, shop_id)
);

-- A verified notice of a provider, kept so that a repeat is known.
CREATE TABLE notice (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    operation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    received BIGINT NOT NULL,
    at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (fingerprint, provider, shop_id)
);
CREATE INDEX notice_operation ON notice (operation, shop_id);
