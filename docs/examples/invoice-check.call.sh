field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
order=order-$(date +%s)-$$
page=$(brama call invoice/create shop_order_id="$order" amount=100.00 currency=840 payway=card_invoice_usd)
curl -s -o /dev/null -d 'card=4242424242424242&expiry=12/30&cvv=123' "$(echo "$page" | field url)" # the payer pays

brama call invoice/check shop_order_id="$order"
