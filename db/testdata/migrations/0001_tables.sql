-- +goose Up

CREATE TABLE node (
    id BIGINT PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE shop (
    id BIGINT PRIMARY KEY
);
INSERT INTO shop (id) VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8);

CREATE TABLE counter (
    shop_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL CHECK (value >= 0),
    version BIGINT NOT NULL,
    PRIMARY KEY (name, shop_id)
);
INSERT INTO counter (shop_id, name, value, version)
VALUES (1, 'c', 0, 1), (2, 'c', 0, 1), (3, 'c', 0, 1), (4, 'c', 0, 1);

CREATE TABLE item (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    parent BIGINT NOT NULL,
    state BIGINT NOT NULL,
    open BOOLEAN NOT NULL,
    print BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id, shop_id),
    UNIQUE (name, shop_id)
);

CREATE TABLE event (
    shop_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (id, shop_id)
);
