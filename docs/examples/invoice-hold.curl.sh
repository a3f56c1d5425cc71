url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }
order=order-$(date +%s)-$$

post invoice/hold '{"amount":"100.00","currency":840,"payway":"card_invoice_usd","shop_id":1520,"shop_order_id":"'"$order"'",
  "sign":"'"$(sign "100.00:840:card_invoice_usd:1520:$order")"'"}'
