-- +goose Up

-- A PayParts store of a shop. Its id is global: a request names it without its
-- shop. Like the catalogue it changes under the house's lock.
CREATE TABLE store (
    id TEXT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    payway TEXT NOT NULL,
    password TEXT NOT NULL,
    old_password TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX store_shop ON store (shop_id, id);
