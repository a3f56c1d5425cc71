field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
payment=payment-$(date +%s)-$$
payout=$(brama call withdraw/create account=150010000097 amount=100.23 amount_type=ps_amount payway=card_payway_usd \
  shop_currency=840 shop_payment_id="$payment")

brama call withdraw/status withdraw_id="$(echo "$payout" | field id)"
