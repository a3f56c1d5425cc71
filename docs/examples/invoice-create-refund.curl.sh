url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }
field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
order=order-$(date +%s)-$$

page=$(post invoice/create '{"amount":"100.00","currency":840,"payway":"card_invoice_usd","shop_id":1520,"shop_order_id":"'"$order"'",
  "sign":"'"$(sign "100.00:840:card_invoice_usd:1520:$order")"'"}')
id=$(echo "$page" | field id)
curl -s -o /dev/null -d 'card=4242424242424242&expiry=12/30&cvv=123' "$(echo "$page" | field url)" # the payer pays

post invoice/create-refund '{"amount":"95.50","invoice_id":'"$id"',"shop_id":1520,"shop_refund_id":"'"refund-$order"'",
  "sign":"'"$(sign "95.50:$id:1520:refund-$order")"'"}'
