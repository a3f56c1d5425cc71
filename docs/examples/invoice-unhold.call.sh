field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
order=order-$(date +%s)-$$
page=$(brama call invoice/hold shop_order_id="$order" amount=100.00 currency=840 payway=card_invoice_usd)
id=$(echo "$page" | field id)
curl -s -o /dev/null -d 'card=4242424242424242&expiry=12/30&cvv=123' "$(echo "$page" | field url)" # the payer pays

brama call invoice/unhold invoice_id="$id"
