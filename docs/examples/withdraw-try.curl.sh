url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }

post withdraw/try '{"amount":100.23,"amount_type":"ps_amount","payway":"card_payway_usd","shop_currency":840,"shop_id":1520,
  "sign":"'"$(sign 100.23:ps_amount:card_payway_usd:840:1520)"'"}'
