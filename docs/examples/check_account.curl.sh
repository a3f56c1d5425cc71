url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }

post check_account '{"account":"150010000097","amount":"6320.91","payway":"card_payway_usd","shop_id":1520,
  "sign":"'"$(sign 150010000097:6320.91:card_payway_usd:1520)"'"}'
