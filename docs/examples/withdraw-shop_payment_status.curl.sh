url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }
payment=payment-$(date +%s)-$$ now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

payout=$(post withdraw/create '{"account":"150010000097","amount":100.23,"amount_type":"ps_amount","payway":"card_payway_usd",
  "shop_currency":840,"shop_id":1520,"shop_payment_id":"'"$payment"'",
  "sign":"'"$(sign "150010000097:100.23:ps_amount:card_payway_usd:840:1520:$payment")"'"}')

post withdraw/shop_payment_status '{"now":"'"$now"'","shop_id":1520,"shop_payment_id":"'"$payment"'","sign":"'"$(sign "$now:1520:$payment")"'"}'
