-- +goose Up

-- Which method first used a signature, for shops that refuse it on another one.
CREATE TABLE signature_use (
    shop_id BIGINT NOT NULL,
    sign TEXT NOT NULL,
    method TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (sign, shop_id)
);
