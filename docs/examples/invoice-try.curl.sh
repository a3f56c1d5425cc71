url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }

post invoice/try '{"amount":"102.23","currency":840,"payway":"card_invoice_uah","shop_id":1520,"shop_order_id":"order-1",
  "sign":"'"$(sign 102.23:840:card_invoice_uah:1520:order-1)"'"}'
