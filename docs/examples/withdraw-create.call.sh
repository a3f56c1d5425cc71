payment=payment-$(date +%s)-$$
brama call withdraw/create account=150010000097 amount=100.23 amount_type=ps_amount payway=card_payway_usd \
  shop_currency=840 shop_payment_id="$payment" 'account_details={"name":"Adam"}'
